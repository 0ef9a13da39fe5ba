"""The twin's inverse kinematics beside mink's: 200 targets in front of the arm, the same first guesses, accuracy and time.

    python tests/benchmarks/bench_ik.py
"""
import time

import mink
import numpy as np

from smolvla.arm.jog import arm_model
from smolvla.sim.twin import Arm, PAN_AXIS, SITE, frame, pitch_for

WEIGHTS = np.array([1, 1, 1, .1, .1, .1])  # metres, and metres per radian


def targets(n=200, seed=0):
    "[(position, rotation, first guess)]"
    rng, out = np.random.default_rng(seed), []
    for _ in range(n):
        r, a, z, roll = rng.uniform([.14, -1, .01, -1], [.3, 1, .12, 1])
        pos = np.array([PAN_AXIS[0]+r*np.cos(a), r*np.sin(a), z])
        out.append((pos, frame(pos, pitch_for(pos), roll), np.array([-a, -.4, .5, 1.2, .05-roll])))
    return out


class Mink:
    def __init__(self, model):
        self.configuration, self.limits = mink.Configuration(model), [mink.ConfigurationLimit(model)]
        self.task = mink.FrameTask(SITE, "site", position_cost=1., orientation_cost=.1, lm_damping=1e-4)

    def ik(self, pos, rot, guess, steps=25):
        self.configuration.update(np.append(guess, 0))
        pose = mink.SE3.from_rotation_and_translation(mink.SO3.from_matrix(rot), pos)
        self.task.set_target(pose)
        for _ in range(steps):
            if np.abs(self.task.compute_error(self.configuration)*WEIGHTS).max() < 2e-4: break
            v = mink.solve_ik(self.configuration, [self.task], 1., solver="daqp", limits=self.limits, damping=1e-6)
            self.configuration.integrate_inplace(v, 1.)
        return self.configuration.q[:5].copy()


def main():
    model, asked = arm_model(), targets()
    arm, other = Arm(model), Mink(model)
    for name, solve in dict(twin=lambda *x: arm.ik(*x, 25)[0], mink=other.ik).items():
        begin = time.perf_counter()
        found = [solve(*x) for x in asked]
        each = 1e3*(time.perf_counter()-begin)/len(asked)
        left = [1e3*np.linalg.norm(arm.tip(q)[0]-pos) for q, (pos, *_) in zip(found, asked)]
        print(f"{name}: {each:.2f} ms a target, tip error {np.median(left):.3f} mm (median), {max(left):.2f} mm (largest)")


if __name__ == "__main__": main()
