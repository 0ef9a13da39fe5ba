"Typical wrong answers to the exercises of chapter 07: each must fail, with a message of its own"
LOOKS = '''
def count_looks(source, obs, n_action_steps, steps=30):
    often, looks = SmolVLA.from_pretrained(source, quiet=True, n_action_steps=n_action_steps), 0
    for step in range(steps):
        looks += not often.queue
        often.select_action(obs)
    return looks
'''
CHUNK = '''
def chunk_with(policy, obs, noise, task, length=24):
    policy.processor.tokenizer_max_length = length
    chunk = policy.sample_actions(policy.preprocess({**obs, "task": [task]}), noise)
    policy.processor.tokenizer_max_length = 24
    return chunk
'''
GAPS = '''
def chunk_gaps(policy, question, start, tries):
    def degrees(steps, method):
        return policy.processor.unnormalize_action(policy.sample_actions(question, start, steps, method=method))[..., :5]
    fine = degrees(100, "midpoint")
    return {(n, m): (degrees(n, m) - fine).abs().mean().item() for n, m in tries}
'''
WRONG = {
    "count_looks": [
        LOOKS.replace("        looks += not often.queue\n        often.select_action(obs)\n",
                      "        often.select_action(obs)\n        looks += not often.queue\n"),
        LOOKS.replace(", n_action_steps=n_action_steps", ", n_action_steps=32"),
        "def count_looks(source, obs, n_action_steps, steps=30): return max(1, steps//n_action_steps)",
        "def count_looks(source, obs, n_action_steps, steps=30): return math.ceil(steps/n_action_steps)"],
    "chunk_with": [
        CHUNK.replace(", noise)\n", ", torch.randn(1, 32, 32))\n"),
        CHUNK.replace('{**obs, "task": [task]}', "obs"),
        CHUNK.replace("tokenizer_max_length = length", "tokenizer_max_length = 24"),
        CHUNK.replace("    policy.processor.tokenizer_max_length = 24\n", ""),
        CHUNK],                                                                                # forgets it when sampling fails
    "chunk_gaps": [
        GAPS.replace("return {(n, m):", "return {n:"),
        GAPS.replace('degrees(100, "midpoint")', 'degrees(100, "euler")'),
        GAPS.replace("[..., :5]", ""),                                                         # with the gripper
        GAPS.replace(", method=method", ', method="midpoint" if steps == 100 else "euler"')],
}
