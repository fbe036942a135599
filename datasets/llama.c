// Touvron et al., "LLaMA", arXiv 2302.13971, section 2.2: RMSNorm, rotary embedding (Su et al.,
// arXiv 2104.09864), SwiGLU (Shazeer, arXiv 2002.05202), with grouped-query attention (Ainslie et
// al., arXiv 2305.13245); prefill and decode step as in gpt2.c. As Hugging Face exports it.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

#include <math.h>

enum { MAX_DEPTH = 256 };

// A network in one situation: so many tokens at once, behind so many known ones.
struct llama {
    int layers;
    int64_t hidden, heads, kv_heads, inner, vocabulary;
    bool tied; // the last product is with the token embedding
    float theta, epsilon;
    int64_t tokens, past;
};

// Cosines and sines of position * theta^(-2 i / depth), [batch, 1, tokens, depth].
struct rotation {
    struct maps cosines, sines;
};

static struct rotation rotation(struct maps positions, const struct llama *n)
{
    int64_t depth = n->hidden / n->heads;
    float frequencies[MAX_DEPTH / 2];
    for (int i = 0; i < depth / 2; i++)
        frequencies[i] = powf(n->theta, (float)(-2 * i) / (float)depth);
    struct maps x = within(positions, "rotary_emb");
    x = unsqueeze(cast(x, "cast", TYPE_f32), "unsqueeze", INTS(1, 3));
    x = mul(x, constant(x, "inv_freq", TYPE_f32, INTS(depth / 2), frequencies), "freqs");
    x.channels = depth / 2;
    x = join("emb", -1, 2, (struct maps[]){x, x});
    return (struct rotation){unary(x, "cos", OP_Cos), unary(x, "sin", OP_Sin)};
}

// x cos + (-second half, first half of x) sin
static struct maps rotate(struct maps x, const char *name, struct rotation r)
{
    struct maps at = within(x, "%s", name), halves[2];
    int64_t half = x.channels / 2;
    halves[1] = slice(at, "first", -1, 0, half);
    halves[0] = unary(slice(at, "second", -1, half, INT64_MAX), "neg", OP_Neg);
    struct maps sines = mul(join("rotated", -1, 2, halves), r.sines, "sines");
    return rescope(add(mul(at, r.cosines, "cosines"), sines, "add"), x);
}

// Every head of x once for each query head of its group.
static struct maps repeat_heads(struct maps x, const char *name, const struct llama *n)
{
    int64_t groups = n->heads / n->kv_heads, all = n->past + n->tokens;
    if (groups == 1)
        return x;
    struct maps at = unsqueeze(within(x, "%s", name), "unsqueeze", INTS(2));
    at = repeat_for(at, "expand", at, INTS(n->kv_heads, groups, all, x.channels));
    return rescope(reshape(at, "reshape", INTS(0, n->heads, all, x.channels)), x);
}

static struct maps self_attention(struct maps x, const struct llama *n, struct maps mask,
                                  struct rotation r, int i)
{
    int64_t depth = n->hidden / n->heads, kv = n->kv_heads;
    struct maps at = within(x, "self_attn");
    struct maps q = split_heads(linear_without_bias(at, "q_proj", n->hidden), "queries", n->heads);
    struct maps k = split_heads(linear_without_bias(at, "k_proj", kv * depth), "keys", kv);
    struct maps v = split_heads(linear_without_bias(at, "v_proj", kv * depth), "values", kv);
    k = with_past(rotate(k, "rotate_keys", r), "key", i, kv, n->past);
    v = with_past(v, "value", i, kv, n->past);
    struct scores scores = {.masked = true, .mask = mask};
    at = attend(rotate(q, "rotate_queries", r), repeat_heads(k, "repeat_keys", n),
                repeat_heads(v, "repeat_values", n), n->heads, &scores);
    at = merge_heads(at, "result", n->hidden);
    return rescope(linear_without_bias(at, "o_proj", n->hidden), x);
}

static struct maps swiglu(struct maps x, const struct llama *n)
{
    struct maps gate = linear_without_bias(x, "mlp.gate_proj", n->inner);
    struct maps up = linear_without_bias(x, "mlp.up_proj", n->inner);
    x = mul(act(gate, "mlp.act", ACT_silu), up, "mlp.mul");
    return linear_without_bias(x, "mlp.down_proj", n->hidden);
}

static struct maps block(struct maps x, const struct llama *n, struct maps mask, struct rotation r,
                         int i)
{
    struct maps y = rms_norm(x, "input_layernorm", n->epsilon);
    x = add(x, self_attention(y, n, mask, r, i), "add_attn");
    y = rms_norm(x, "post_attention_layernorm", n->epsilon);
    return add(x, swiglu(y, n), "add_mlp");
}

static void build(struct graph *g, const void *arguments)
{
    const struct llama *n = arguments;
    int64_t all = n->past + n->tokens;
    struct maps ids = maps_input(g, "input_ids", TYPE_s64, INTS(1, n->tokens), n->tokens);
    struct maps ones = maps_input(g, "attention_mask", TYPE_s64, INTS(1, all), all);
    struct maps positions = maps_input(g, "position_ids", TYPE_s64, INTS(1, n->tokens), n->tokens);
    struct maps mask = decoder_mask(ones, "mask", n->tokens);
    struct rotation r = rotation(positions, n);
    struct maps table = parameter(ids, "embed_tokens", "weight", INTS(n->vocabulary, n->hidden));
    struct maps x = gather(table, "embed_tokens", 0, ids);
    for (int i = 0; i < n->layers; i++)
        x = block(scope(x, "layers.%d", i), n, mask, r, i);
    x = rms_norm(rescope(x, ids), "norm", n->epsilon);
    output(n->tied ? tied_head(x, "lm_head", table, n->vocabulary)
                   : linear_without_bias(x, "lm_head", n->vocabulary));
}

#define SMOLLM 30, 576, 9, 3, 1536, 49152, true, 1e4f, 1e-5f
#define TINYLLAMA 22, 2048, 32, 4, 5632, 32000, false, 1e4f, 1e-5f
#define LLAMA32 16, 2048, 32, 8, 8192, 128256, true, 5e5f, 1e-5f
static const struct llama smollm_prefill = {SMOLLM, .tokens = 128},
                          smollm_decode = {SMOLLM, .tokens = 1, .past = 128},
                          tinyllama_prefill = {TINYLLAMA, .tokens = 128},
                          tinyllama_decode = {TINYLLAMA, .tokens = 1, .past = 128},
                          llama32_prefill = {LLAMA32, .tokens = 128},
                          llama32_decode = {LLAMA32, .tokens = 1, .past = 128};

#define LLAMA32_SOURCE "Meta, Llama 3.2 1B, config.json"
#define UNSCALED "the rotary frequencies are not rescaled for long contexts"

static const struct zoo_entry entries[] = {
    {"smollm_135m_prefill", LIST_modern, "language", 2024, "Hugging Face, SmolLM-135M, config.json",
     .parameters = 134515008, .figures = "checkpoint HuggingFaceTB/SmolLM-135M",
     .arguments = &smollm_prefill},
    {"smollm_135m_decode", LIST_modern, "language", 2024, "Hugging Face, SmolLM-135M, config.json",
     .parameters = 134515008, .figures = "checkpoint HuggingFaceTB/SmolLM-135M",
     .arguments = &smollm_decode},
    {"tinyllama_1b_prefill", LIST_modern, "language", 2024,
     "Zhang et al., arXiv 2401.02385, table 2", .parameters = 1100048384,
     .figures = "checkpoint TinyLlama/TinyLlama-1.1B", .arguments = &tinyllama_prefill},
    {"tinyllama_1b_decode", LIST_modern, "language", 2024,
     "Zhang et al., arXiv 2401.02385, table 2", .parameters = 1100048384,
     .figures = "checkpoint TinyLlama/TinyLlama-1.1B", .arguments = &tinyllama_decode},
    {"llama32_1b_prefill", LIST_modern, "language", 2024, LLAMA32_SOURCE, .parameters = 1235814400,
     .figures = "checkpoint meta-llama/Llama-3.2-1B", .deviation = UNSCALED,
     .arguments = &llama32_prefill},
    {"llama32_1b_decode", LIST_modern, "language", 2024, LLAMA32_SOURCE, .parameters = 1235814400,
     .figures = "checkpoint meta-llama/Llama-3.2-1B", .deviation = UNSCALED,
     .arguments = &llama32_decode},
};

const struct zoo_family family_llama = {"llama", build, ZOO_ROWS(entries)};
