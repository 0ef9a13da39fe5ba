"Typical wrong answers to the exercises of chapter 09: each must fail, with a message of its own"
STEP = '''
def largest_step(arm, q, far, damping):
    p, _ = arm.tip(q)
    J, e = arm.jacobian()[:3], far - p
    step = np.linalg.pinv(J)@e if damping == 0 else J.T@np.linalg.solve(J@J.T + damping*np.eye(3), e)
    return np.abs(step).max()
'''
TABLE = '''
def noise_table(task, levels, seeds):
    table, env = {}, SO101Env(task, render=False)
    for level in levels:
        demo, wins, steps = Demonstrator(env, noise=level), 0, []
        for s in seeds:
            env.reset(seed=s)
            demo.rng = np.random.default_rng(s)
            demo.reset()
            for _ in rollout(env, demo): pass
            wins, steps = wins + env._info()["success"], [*steps, env.steps]
        table[level] = wins, np.mean(steps)/FPS
    return table
'''
WRONG = {
    "visible": [
        "def visible(data, xyz): return 0 <= project(data, xyz)[0] < 128",
        "def visible(data, xyz): return 0 <= project(data, xyz)[1] < 128",
        '''def visible(data, xyz):
    col, row = project(data, xyz)
    return not (col < 0 or col >= 128 or row < 0 or row >= 128)'''],
    "largest_step": [
        STEP.replace("np.abs(step).max()", "step.max()"),
        STEP.replace("damping*np", "0*np"),
        STEP.replace("damping*np", "damping**2*np"),
        STEP.replace("np.linalg.pinv(J)@e if damping == 0 else J.T@np.linalg.solve(J@J.T + damping*np",
                     "J.T@np.linalg.solve(J@J.T + (damping or 1e-4)*np")],
    "noise_table": [
        TABLE.replace("np.mean(steps)/FPS", "np.mean(steps)"),
        TABLE.replace("noise=level", "noise=0"),
        TABLE.replace("            demo.rng = np.random.default_rng(s)\n", ""),
        TABLE.replace("table[level] = wins,", "table[level] = 100*wins/len(seeds),")],
}
