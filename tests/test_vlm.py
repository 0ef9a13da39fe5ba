"The VLM of chapter 03: equal to transformers and to LeRobot's reference tensors, cache and padding, tokenizer, bad input."
import json, subprocess, sys
from pathlib import Path
import pytest, torch, torch.nn.functional as F
from torch import nn
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, SmolVLMConfig
from smolvla.model.masks import make_att_2d_masks, prefix_blocks
from smolvla.model.vlm import *
from smolvla.model.vlm import ASSETS, build_tokenizer

REF = Path(__file__).parent/"reference_data"

def tiny_config(**text):
    return SmolVLMConfig(vision_config=dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8),
        text_config=dict(model_type="llama", hidden_size=48, intermediate_size=64, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, head_dim=8,
                         vocab_size=64, rms_norm_eps=1e-5, rope_parameters=dict(rope_type="default", rope_theta=10_000.), pad_token_id=0) | text,
        scale_factor=2, tie_word_embeddings=False, image_token_id=3)

@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    vlm = build_vlm(tiny_config())
    for p in vlm.parameters(): torch.nn.init.normal_(p, std=.2)  # HF's 0.02 would hide differences
    return vlm

@pytest.fixture(scope="module")
def reference():
    ref, prefix = load_file(REF/"ref.safetensors"), "model.vlm_with_expert.vlm."
    vlm = build_vlm(SmolVLMConfig.from_pretrained(REF/"vlm"), num_layers=4)
    vlm.load_state_dict({k.removeprefix(prefix): v for k, v in load_file(REF/"model.safetensors").items() if k.startswith(prefix)})
    return vlm, ref

def close(a, b, atol=1e-5):
    "Within 1e-5 of the largest value: processors add in other orders, and what that costs grows with the numbers."
    torch.testing.assert_close(a, b, atol=atol*max(1., b.abs().max().item()), rtol=1e-5)

# --- transformers ---
@torch.no_grad()
def test_vision_equals_transformers(tiny):
    images = torch.rand(3, 2, 3, 32, 32)*2 - 1
    close(embed_images(tiny, images), torch.stack(list(tiny.model.get_image_features(images).pooler_output)).reshape(3, 8, 48))

@torch.no_grad()
def test_connect_is_the_second_half_of_embed_images(tiny):
    images = torch.rand(3, 2, 3, 32, 32)*2 - 1
    patches = encode_patches(tiny, embed_patches(tiny, images.flatten(0, 1)))
    assert torch.equal(connect(tiny, patches, 2), embed_images(tiny, images))
    assert torch.equal(connect(tiny, patches, 1), embed_images(tiny, images.flatten(0, 1)[:, None]))
    for cameras in (0, 4):
        with pytest.raises(ValueError, match=f"6 pictures do not divide into samples of {cameras} cameras"): connect(tiny, patches, cameras)

@torch.no_grad()
def test_text_equals_transformers(tiny):
    tokens = torch.randint(4, 64, (2, 9))
    causal = torch.ones(2, 9, 9, dtype=torch.bool).tril()
    text = tiny.model.text_model
    kv, hidden = prefix_forward(text.layers, text.embed_tokens(tokens), causal, torch.arange(9).expand(2, 9), norm=text.norm)
    theirs = tiny(input_ids=tokens, output_hidden_states=True, use_cache=True)
    close(tiny.lm_head(hidden[-1]), theirs.logits)
    for ours, their in zip(hidden, theirs.hidden_states): close(ours, their)
    for i, (k, v) in enumerate(kv):
        close(k.transpose(1, 2), theirs.past_key_values.layers[i].keys)
        close(v.transpose(1, 2), theirs.past_key_values.layers[i].values)

@torch.no_grad()
def test_wavelength_is_ours_not_the_configs():
    torch.manual_seed(0)
    vlm = build_vlm(tiny_config(rope_parameters=dict(rope_type="default", rope_theta=100_000.)))
    x = torch.randn(1, 9, 2, 8)
    a, b = rope_table(torch.arange(9)[None], 8), rope_table(torch.arange(9)[None], 8, wavelength=100_000.)
    close(rope(x, torch.arange(9)[None]), rotate(x, a))
    assert (rotate(x, a) - rotate(x, b)).abs().max() > .01
    theirs = vlm.model.text_model.rotary_emb(x, torch.arange(9)[None])[0][..., :4]
    close(b[0][:, :, 0], theirs)

@pytest.mark.parametrize("n,scale", [(4, 2), (8, 2), (6, 3), (8, 4)])
def test_pixel_shuffle_equals_transformers(tiny, n, scale):
    x = torch.randn(2, n*n, 5)
    assert torch.equal(pixel_shuffle(x, scale), tiny.model.connector.pixel_shuffle(x, scale))

# --- LeRobot's reference tensors ---
@torch.no_grad()
def test_reference_prefix_and_cache(reference):
    vlm, ref = reference
    images, mask = (torch.stack([ref[f"in.{k}.{i}"] for i in range(3)], 1) for k in ("image", "image_mask"))
    for i, tokens in enumerate(embed_images(vlm, images).unflatten(1, (3, 4)).unbind(1)): close(tokens, ref[f"vision.image_tokens.{i}"])
    close(encode_patches(vlm, embed_patches(vlm, images[:, 0])), ref["vision.vision_out.0"])
    embs, pad = embed_prefix(vlm, images, mask.bool(), ref["in.tokens"], ref["in.lang_mask"].bool())
    P, real = embs.shape[1], ref["prefix.pad_mask"].bool()
    close(embs, ref["prefix.embs"][:, :P])
    assert torch.equal(pad, real[:, :P])
    layers, full = vlm.model.text_model.layers, make_att_2d_masks(real, prefix_blocks(P))
    kv = prefix_forward(layers, ref["prefix.embs"], full, positions(real))
    split = prefix_forward(layers, embs, prefix_mask(pad), positions(pad))
    split = concat_kv(split, prefix_forward(layers, ref["prefix.embs"][:, P:], full[:, P:], positions(real)[:, P:], past=split))
    for i in range(4):
        for got in (kv, split):
            close(got[i][0][real], ref[f"sample.kv.{i}.key"][real])
            close(got[i][1][real], ref[f"sample.kv.{i}.value"][real])

# --- masks, cache, padding ---
def prefix_of(vlm, pad_tokens=0, seed=0):
    g = torch.Generator().manual_seed(seed)
    images, tokens = torch.rand(2, 2, 3, 32, 32, generator=g)*2 - 1, torch.randint(4, 64, (2, 5), generator=g)
    tokens = torch.cat([tokens, torch.zeros(2, pad_tokens, dtype=torch.long)], 1)
    return embed_prefix(vlm, images, torch.tensor([[1, 1], [1, 0]]).bool(), tokens, torch.arange(5 + pad_tokens).expand(2, -1) < 5)

@torch.no_grad()
def test_padding_changes_nothing(tiny):
    layers = tiny.model.text_model.layers
    (short, pad), (long, long_pad) = prefix_of(tiny), prefix_of(tiny, pad_tokens=6)
    a, b = (prefix_forward(layers, e, prefix_mask(p), positions(p)) for e, p in ((short, pad), (long, long_pad)))
    for (ka, va), (kb, vb) in zip(a, b):
        assert kb.isfinite().all() and vb.isfinite().all()
        close(ka[pad], kb[:, :short.shape[1]][pad]); close(va[pad], vb[:, :short.shape[1]][pad])
    head = PointingHead(2*2*8)
    close(head(a, pad), head(b, long_pad))  # and the head finds the last real word

@torch.no_grad()
def test_missing_camera_is_as_if_never_declared(tiny):
    images, tokens = torch.rand(1, 2, 3, 32, 32)*2 - 1, torch.randint(4, 64, (1, 5))
    word = torch.ones(1, 5, dtype=torch.bool)
    e2, p2 = embed_prefix(tiny, images, torch.tensor([[True, False]]), tokens, word)
    e1, p1 = embed_prefix(tiny, images[:, :1], torch.tensor([[True]]), tokens, word)
    a, b = (prefix_forward(tiny.model.text_model.layers, e, prefix_mask(p), positions(p)) for e, p in ((e1, p1), (e2, p2)))
    for (ka, va), (kb, vb) in zip(a, b): close(ka, kb[p2][None]); close(va, vb[p2][None])

def test_gradients_are_finite_and_reach_everything(tiny):
    head = PointingHead(2*2*8)
    g = torch.Generator().manual_seed(1)
    images = torch.rand(2, 2, 3, 32, 32, generator=g)*2 - 1
    tokens, answers = torch.randint(4, 64, (4, 5), generator=g), torch.randint(4, 64, (4, 4), generator=g)
    token_mask, answer_mask = torch.arange(5).expand(4, 5) < torch.tensor([[5], [2], [3], [5]]), torch.arange(4).expand(4, 4) < torch.tensor([[4], [3], [4], [2]])
    image_mask = torch.tensor([[True, True], [False, False]])  # a scene without any picture has blind rows
    nll, kv, pad = lm_loss(tiny, embed_images(tiny, images), image_mask, tokens, token_mask, answers, answer_mask)
    (nll.mean() + head(kv, pad).square().mean()).backward()
    for name, p in [*tiny.named_parameters(), *head.named_parameters()]:
        assert p.grad is not None and p.grad.isfinite().all(), name
        assert p.grad.abs().sum() > 0, name
    tiny.zero_grad(set_to_none=True)

@torch.no_grad()
def test_lm_loss_is_the_sum_of_single_answers(tiny):
    "Batching, padding and sharing a picture change no number; the answer's future does not leak."
    g = torch.Generator().manual_seed(2)
    embs = embed_images(tiny, torch.rand(2, 2, 3, 32, 32, generator=g)*2 - 1)
    image_mask = torch.ones(2, 2, dtype=torch.bool)
    tokens, answers = torch.randint(4, 64, (4, 6), generator=g), torch.randint(4, 64, (4, 5), generator=g)
    n, m = torch.tensor([6, 3, 4, 6]), torch.tensor([5, 3, 2, 4])
    nll, kv, pad = lm_loss(tiny, embs, image_mask, tokens, torch.arange(6) < n[:, None], answers, torch.arange(5) < m[:, None])
    text = tiny.model.text_model
    for b in range(4):
        one = torch.ones(1, int(n[b]), dtype=torch.bool)
        e, p = join_prefix(tiny, embs[b//2:b//2+1], image_mask[:1], tokens[b:b+1, :n[b]], one)
        past, total = prefix_forward(text.layers, e, prefix_mask(p), positions(p)), 0.
        close(kv[-1][1][b][pad[b]], past[-1][1][0])
        for t in range(int(m[b]) - 1):  # token by token on the cache
            p = torch.cat([p, torch.ones(1, 1, dtype=torch.bool)], 1)
            new, hidden = prefix_forward(text.layers, text.embed_tokens(answers[b:b+1, t:t+1])*48**.5, p[:, None], positions(p)[:, -1:], past, text.norm)
            past, total = concat_kv(past, new), total - tiny.lm_head(hidden[-1]).log_softmax(-1)[0, 0, answers[b, t+1]]
        close(nll[b], total/(m[b] - 1))

def test_bfloat16_autocast_stays_close(tiny):
    embs, pad = prefix_of(tiny)
    with torch.no_grad():
        exact = prefix_forward(tiny.model.text_model.layers, embs, prefix_mask(pad), positions(pad))
        with torch.autocast("cpu", torch.bfloat16): rough = prefix_forward(tiny.model.text_model.layers, embs, prefix_mask(pad), positions(pad))
    error = (rough[-1][1].float() - exact[-1][1])[pad]
    assert rough[-1][1].dtype == torch.bfloat16 and error.std() < .03*exact[-1][1][pad].std()

# --- tokenizer ---
def test_shipped_tokenizer_is_the_built_one_and_loads_silently():
    built, shipped = build_tokenizer(course_corpus()), nano_tokenizer()
    assert shipped.get_vocab() == built.get_vocab() and len(shipped) == nano_vlm_config().text_config.vocab_size <= 512
    code = f"from transformers import AutoTokenizer; t = AutoTokenizer.from_pretrained({str(ASSETS/'nano_vlm')!r}); print(len(t), t.pad_token_id, t.bos_token_id, t.eos_token_id)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == (f"{len(shipped)} 0 1 2", "")

@pytest.mark.parametrize("text", ["put the red cube in the left box\n", "Zwölf Würfel 🧊!", "a\tb\nc", "x" * 300, "0.125", "<pad>", "日本語"])
def test_anything_encodes_and_comes_back(text):
    tok = nano_tokenizer()
    ids = tok(text).input_ids
    assert ids and max(ids) < len(tok) and None not in ids
    if "<" not in text: assert tok.decode(ids).strip(" ") == text.lower().replace("\t", " ")

def test_course_words_are_one_token():
    tok = nano_tokenizer()
    for word in " ".join(course_corpus()).split(): assert len(tok.tokenize(f"the {word}")) == 2, word
    assert tok.tokenize("cube 218\n") == ["Ġcube", "Ġ2", "1", "8", "Ċ"]

def test_twin_sentences_fit_the_policy():
    from smolvla.sim.tasks import SENTENCES
    tok = nano_tokenizer()
    assert all(len(tok(s + "\n").input_ids) <= 24 for s in SENTENCES)
    unknown = {w for s in SENTENCES for w in s.split() if len(tok.tokenize(w)) > 1}
    assert not unknown

def test_newline_is_added_once():
    tok = nano_tokenizer()
    a, b = encode_questions(tok, ["stack"]), encode_questions(tok, ["stack\n"])
    assert torch.equal(a[0], b[0]) and a[0][0, -1] == tok.convert_tokens_to_ids("Ċ")

# --- checkpoints, depth ---
def test_depth(tiny, tmp_path):
    tiny.save_pretrained(tmp_path)
    assert len(load_vlm(tmp_path).model.text_model.layers) == 3
    two = load_vlm(tmp_path, num_layers=2)
    assert two.config.text_config.num_hidden_layers == 2
    for a, b in zip(two.model.text_model.layers.parameters(), tiny.model.text_model.layers[:2].parameters()): assert torch.equal(a, b)
    skipped = keep_layers(load_vlm(tmp_path), range(0, 3, 2))
    assert torch.equal(skipped.model.text_model.layers[1].mlp.up_proj.weight, tiny.model.text_model.layers[2].mlp.up_proj.weight)
    with pytest.raises(ValueError, match="3 text layers"): keep_layers(load_vlm(tmp_path), [0, 5])
    with pytest.raises(ValueError, match="1 to 3"): build_vlm(tiny_config(), num_layers=7)

def test_broken_checkpoints(tiny, tmp_path):
    with pytest.raises(FileNotFoundError, match="needs config.json"): load_vlm(tmp_path)
    tiny.save_pretrained(tmp_path)
    weights = load_file(tmp_path/"model.safetensors")
    save_file({k: v for k, v in weights.items() if "text_model.layers.1.mlp" not in k}, tmp_path/"model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="3 weights missing"): load_vlm(tmp_path)
    save_file(weights, tmp_path/"model.safetensors", metadata={"format": "pt"})
    config = json.loads((tmp_path/"config.json").read_text())
    config["text_config"]["intermediate_size"] = 80
    (tmp_path/"config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="do not belong together"): load_vlm(tmp_path)

@pytest.mark.parametrize("keep", [0, 5, 2000])
def test_truncated_weights(tiny, tmp_path, keep):
    tiny.save_pretrained(tmp_path)
    file = tmp_path/"model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ValueError, match="cannot be read.*copy it again"): load_vlm(tmp_path)

def test_hub_id_without_network(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match="nobody/nothing.*network"): load_vlm("nobody/nothing")

def test_bad_shapes(tiny):
    one, word = torch.ones(1, 2, dtype=torch.bool), torch.ones(1, 5, dtype=torch.bool)
    good = torch.zeros(1, 2, 3, 32, 32)
    for bad, message in [(torch.zeros(1, 2, 3, 30, 32), "resize_with_pad"), (torch.zeros(2, 3, 32, 32), "expected .batch"), (good.to(torch.uint8), "floats in")]:
        with pytest.raises(ValueError, match=message): embed_images(tiny, bad)
    with pytest.raises(ValueError, match="do not match"): embed_prefix(tiny, good, one, torch.zeros(1, 4, dtype=torch.long), word)
    with pytest.raises(ValueError, match="4 per camera"): embed_prefix(tiny, good, one[:, :1], torch.zeros(1, 5, dtype=torch.long), word)
    with pytest.raises(ValueError, match="square grid"): pixel_shuffle(torch.zeros(1, 12, 3), 2)
    with pytest.raises(ValueError, match="mask is"): attention(torch.zeros(1, 2, 2, 8), torch.zeros(1, 3, 2, 8), torch.zeros(1, 3, 2, 8), torch.ones(1, 2, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="this head reads"): PointingHead(99)([(torch.zeros(1, 4, 2, 8),)*2], torch.ones(1, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="same number of questions"):
        lm_loss(tiny, torch.zeros(2, 8, 48), one.expand(2, 2), torch.zeros(3, 5, dtype=torch.long), word.expand(3, 5), torch.zeros(3, 3, dtype=torch.long), torch.ones(3, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="one question per sample"): answer(tiny, nano_tokenizer(), good, "where?")
