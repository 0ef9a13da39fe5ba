"""Runs under the reference environment (see setup.sh): LeRobot's own Feetech bus, unmodified, against the virtual chain.

python check_motors.py PORT        a pseudo-terminal, or socket://host:port (the SDK opens devices only: one line lets pyserial take addresses)
Prints one line of JSON.
"""
import json, sys, time
import serial
port = sys.argv[1]
if port.startswith("socket:"): serial.Serial = lambda port, **kw: serial.serial_for_url(port, **kw)
from lerobot.motors import Motor, MotorCalibration, MotorNormMode
from lerobot.motors.feetech import FeetechMotorsBus
JOINTS = ["shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper"]

if __name__ == "__main__":
    out = {"ids": {} if port.startswith("socket:") else FeetechMotorsBus.scan_port(port)}
    bus = FeetechMotorsBus(port, {j: Motor(i+1, "sts3215", MotorNormMode.DEGREES) for i, j in enumerate(JOINTS)})
    bus.connect()                                              # pings, models, firmware
    with bus.torque_disabled():                                # what SOFollower.configure does
        bus.configure_motors()
        for j in JOINTS:
            bus.write("Operating_Mode", j, 0)
            bus.write("P_Coefficient", j, 16)
        bus.write("Max_Torque_Limit", "gripper", 500)
    bus.disable_torque()
    bus.set_half_turn_homings()
    bus.write_calibration({j: MotorCalibration(i+1, 0, 0, 0, 4095) for i, j in enumerate(JOINTS[:5])} | {"gripper": MotorCalibration(6, 0, 1, 2000, 3000)})
    assert bus.is_calibrated
    c = bus.read_calibration()["gripper"]
    out["calibration"] = {"gripper": [c.id, c.homing_offset, c.range_min, c.range_max]}
    bus.write("Homing_Offset", "gripper", 0)
    bus.sync_write("Goal_Position", {j: 2048 for j in JOINTS}, normalize=False)
    bus.enable_torque()
    out["torque"] = [bus.read("Torque_Enable", j) for j in JOINTS]
    bus.sync_write("Goal_Position", {"gripper": 2300}, normalize=False)
    time.sleep(1.5)
    out["after"] = {j: round(v/4)*4 if abs(v-2048) < 4 or abs(v-2300) < 4 else v for j, v in bus.sync_read("Present_Position", normalize=False).items()}
    bus.disconnect()
    seven = FeetechMotorsBus(port, {"seventh": Motor(7, "sts3215", MotorNormMode.DEGREES)})
    try: seven.connect()
    except RuntimeError as e: out["missing"] = "Missing motor IDs" in str(e)
    print(json.dumps(out))
