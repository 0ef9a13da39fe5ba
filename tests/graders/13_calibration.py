"Typical wrong answers to the exercises of chapter 13: each must fail, with a message of its own"
SINK = """def sinking(pose):
    with SO101("twin", clock=ManualClock()) as arm:
        {before}arm.move_to({pose})
        {after}
        arm.stop()
        arm.clock.sleep(.5)
        arm.bus.port.where.advance()
        return {found}
"""
WRONG = {
    "zero_shift": [
        "def zero_shift(short, full): return (full[1] - short[1])/2*360/4095",                 # the upper end only
        "def zero_shift(short, full): return (sum(full) - sum(short))*360/4095",               # not halved
        "def zero_shift(short, full): return (sum(short) - sum(full))/2*360/4095"],            # the other sign
    "ticks_needed": [
        "def ticks_needed(distance, speed, hz): return int(distance*hz/speed)",                # rounds down
        "def ticks_needed(distance, speed, hz): return math.ceil(distance/(speed/hz))",        # a float too many
        "def ticks_needed(distance, speed, hz): return int(distance*hz/speed) + 1"],
    "sinking": [
        SINK.format(before="", after="rows = filmed(arm)", pose="HOME", found="np.abs(rows)[:, 1:6].max()"),
        SINK.format(before="", after="rows = filmed(arm)", pose="pose", found="np.array(rows)[:, 1:6].min()"),
        SINK.format(before="rows = filmed(arm); ", after="", pose="pose", found="np.abs(rows)[:, 1:6].max()")],
}
