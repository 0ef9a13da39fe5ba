"What tests of the arm share: how its torque ended."

def ramp(bus):
    "Torque limits of shoulder_lift as they are written, and each end of its torque: a fall has no steps before the 0"
    seen, s = [], bus.servos[1]
    write = s.write
    def spy(address, data):
        write(address, data)
        if address == 48: seen.append(s["Torque_Limit"])
        if address == 40 and not s["Torque_Enable"]: seen.append(0.)
    s.write = spy
    return seen

def sank(seen, steps=12):
    "The last thing was a slow loss of torque, in more than so many steps"
    last = seen[max((k for k, x in enumerate(seen) if x > 45), default=0)+1:]
    return len([x for x in last if 0 < x < 45]) > steps and last[-1] == 0
