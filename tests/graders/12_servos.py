"Typical wrong answers to the exercises of chapter 12: each must fail, with a message of its own"
WRONG = {
    "torque_packet": [
        "def torque_packet(id): return [255, 255, id, 4, 3, 40, 1, 255 - (id + 48) % 256]",
        "def torque_packet(id): return bytes([255, 255, id, 2, 3, 40, 1, 255 - (id + 46) % 256])",  # parameters only
        "def torque_packet(id): return bytes([255, 255, id, 4, 3, 40, 1, (id + 48) % 256])",        # not inverted
        "def torque_packet(id): return bytes([255, 255, id, 4, 3, 40, 1, 255 - id - 48])"],         # a byte overflows
    "ticks_on_wire": [
        "def ticks_on_wire(baud): return baud/(8*133)*1.1",
        "def ticks_on_wire(baud): return baud/133",                                                  # a bit a byte
        "def ticks_on_wire(baud): return 752",
        "def ticks_on_wire(baud): return 1e3/wire_ms(133)*baud/1e6 if baud > 200_000 else 1e3/wire_ms(133)"],
    "is_silent": [
        "def is_silent(bus, motor): return False",
        "def is_silent(bus, motor):\n    try: bus.write('Goal_Time', motor, 0)\n    except BusError: return True\n    return False",
        "def is_silent(bus, motor):\n    try: bus.write('Goal_Time', motor, bus.read('Goal_Time', motor))\n    except BusError: return True\n    return False"],
    "suspect": [
        "def suspect(found): return 'missing_motor'",
        "def suspect(found): return 'fine'",
        "def suspect(found):\n    if len(found) < 6: return 'missing_motor'\n    if max(f.voltage for f in found) > 9: return 'wrong_voltage'\n"
        "    e = {e for f in found for e in errors_of(f.status)}\n    if 'overheated' in e: return 'overheated'\n    if 'overload' in e: return 'overloaded'\n"
        "    return 'old_firmware' if len({f.firmware for f in found}) > 1 else 'fine'"],             # missing before duplicate
}
