"Typical wrong answers to the exercises of chapter 04: each must fail, with a message of its own"
WRONG = {
    "velocity_tau": [
        "def velocity_tau(v, x, tau): return v(x, 1 - tau)",                      # time reversed, direction not
        "def velocity_tau(v, x, tau): return -v(x, tau)"],                        # direction reversed, time not
    "l1_error": [
        "def l1_error(demos, answer): return ((demos[:, 8, 0] - answer)**2).mean().item()",
        "def l1_error(demos, answer): return (demos[:, 8, 0] - answer).abs().median().item()",
        "def l1_error(demos, answer): return abs((demos[:, 8, 0] - answer).mean().item())"],
    "heun": [
        "def heun(v, x, n):\n    for k in range(n): x = x - v(x, 1 - k/n)/n\n    return x",
        "def heun(v, x, n):\n    for k in range(n):\n        a = v(x, 1 - k/n)\n        x = x - v(x - a/2/n, 1 - (k + .5)/n)/n\n    return x",
        "def heun(v, x, n):\n    for k in range(n): x = x - (v(x, 1 - k/n) + v(x, 1 - (k + 1)/n))/2/n\n    return x"],
    "solver_order": [
        "def solver_order(solver, v, x, n):\n    a, b, c = (solver(v, x, n*k) for k in (1, 2, 4))\n    return ((a - b).norm()/(b - c).norm()).item()",
        "def solver_order(solver, v, x, n):\n    a, b, c = (solver(v, x, n*k) for k in (1, 2, 4))\n    return round(torch.log2((a - b).norm()/(b - c).norm()).item())",
        "def solver_order(solver, v, x, n):\n    a, b, c = (solver(v, x, n + k) for k in (0, 1, 2))\n    return torch.log2((a - b).norm()/(b - c).norm()).item()"],
}
