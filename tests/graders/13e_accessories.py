"Typical wrong answers to the exercises of chapter 13e: each must fail, with a message of its own"
TRAY = "def tray(c):\n    body = box(100, 34, 5)\n    for x in (-31, 0, 31): body = body - box({0}, {1}, 5).at(x, 0, {2})\n    return Part('tray', body)"
WRONG = {
    "upright_for": [
        "def upright_for(height): return upright_length(Sizes())/1000",
        "def upright_for(height): return upright_length(Sizes())",
        "def upright_for(height): return upright_length(Sizes()) + 1000*(height - CAM_POS[2])"],      # the tilt stays
    "tray": [
        TRAY.format("25 - 2*c", "25 - 2*c", "2"),                     # too narrow
        TRAY.format("25 + c", "25 + c", "2"),                         # half of the gap
        TRAY.format("25.4", "25.4", "2"),                             # always .2
        TRAY.format("25 + 2*c", "25 + 2*c", "1")],                    # too deep
}
