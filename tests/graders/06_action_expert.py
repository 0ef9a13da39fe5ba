"Typical wrong answers to the exercises of chapter 06: each must fail, with a message of its own"
RIDDLE = '''
def riddle_error(kinds):
    torch.manual_seed(0)
    expert, g = Expert(16, 32, 2, 2, 8, kinds), torch.Generator().manual_seed(0)
    opt = torch.optim.Adam(expert.parameters(), lr=.02)
    def error(x, y):
        kv = [(torch.zeros(len(x), 1, 2, 8),)*2 for _ in kinds]
        runner = SuffixRunner(expert, kv, torch.ones(len(x), 1, dtype=torch.bool), suffix_blocks(8))
        return (runner(x) - y).square().mean()
    for _ in range(30):
        opt.zero_grad()
        error(*riddle(64, g)).backward()
        opt.step()
    with torch.no_grad(): return error(*riddle(512, g)).item()
'''
WRONG = {
    "expert_params": [
        "def expert_params(width, mlp, q, kv, kinds): return sum(2*width*q + 4*kv*width + 3*width*mlp + 2*width for k in kinds)",
        '''def expert_params(width, mlp, q, kv, kinds):
    return sum(2*width*q + 2*kv*width + 3*width*mlp + 2*width for k in kinds) + width''',  # all layers self
        '''def expert_params(width, mlp, q, kv, kinds):
    return sum(2*width*q + 2*kv*(width if k == "self" else kv) + 2*width*mlp + 2*width for k in kinds) + width''',
        '''def expert_params(width, mlp, q, kv, kinds):
    return sum(2*width*q + 2*kv*(width if k == "self" else kv) + 3*width*mlp + 2*width for k in kinds) + width'''],
    "moved_by": [
        "def moved_by(run, suffix, i): return list(range(i, suffix.shape[1]))",
        '''def moved_by(run, suffix, i):
    before = run(suffix).clone()
    suffix[:, i] += 1
    return ((run(suffix) - before).abs().amax((0, 2)) > 1e-5).nonzero().flatten().tolist()''',
        '''def moved_by(run, suffix, i):
    changed = suffix.clone()
    changed[:, i] += 1
    return ((run(changed) - run(suffix)).amax((0, 2)) > 1e-5).nonzero().flatten().tolist()''',
        '''def moved_by(run, suffix, i):
    changed = suffix.clone()
    changed[:, i] += 1
    return ((run(changed) - run(suffix))[0].abs().amax(1) > 1e-5).nonzero().flatten().tolist()''',
        '''def moved_by(run, suffix, i):
    changed = suffix.clone()
    changed[:, i] += 1
    return ((run(changed) - run(suffix)).abs().amax((0, 2)) > 0).nonzero().flatten().tolist()'''],
    "blind_attention": [
        "def blind_attention(q, k, v): return torch.zeros(len(q), q.shape[1], q.shape[2]*q.shape[3])",
        "def blind_attention(q, k, v): return torch.zeros_like(fold_heads(q, 2))",
        '''def blind_attention(q, k, v):
    bias = torch.full((len(q), 1, 1, k.shape[1]), -torch.inf)
    scores = fold_heads(q, 2) @ k.permute(0, 2, 3, 1) + bias
    return scores.softmax(-1) @ v.transpose(1, 2)''',
        "def blind_attention(q, k, v): return v.mean(1)[:, :, None].expand_as(fold_heads(q, 2))"],
    "riddle_error": [
        RIDDLE.replace("opt.step()", "pass"),                                                 # never steps
        RIDDLE.replace("square().mean()", "square().mean()/2"),                               # half the error
        RIDDLE.replace("2, 2, 8, kinds)", "2, 2, 8, ['cross' for kind in kinds])")],          # forgets its argument
}
