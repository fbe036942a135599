// Radford et al., "Language models are unsupervised multitask learners" (2019), section 2.3: GPT-2,
// with the keys and values of all layers as outputs and, for a decode step, those of the tokens
// before as inputs. As Hugging Face exports it.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { VOCABULARY = 50257, POSITIONS = 1024 };

// A network in one situation: so many tokens at once, behind so many known ones.
struct gpt2 {
    int layers;
    int64_t hidden, heads, tokens, past;
};

static struct maps self_attention(struct maps x, const struct gpt2 *n, struct maps mask, int i)
{
    const int64_t h = n->hidden;
    struct maps at = within(x, "attn"), part[3];
    split_into(linear(at, "c_attn", 3 * h), "split", -1, INTS(h, h, h), part);
    struct maps q = split_heads(part[0], "queries", n->heads);
    struct maps k = with_past(split_heads(part[1], "keys", n->heads), "key", i, n->heads, n->past);
    struct maps v =
        with_past(split_heads(part[2], "values", n->heads), "value", i, n->heads, n->past);
    struct scores scores = {.masked = true, .mask = mask};
    at = merge_heads(attend(q, k, v, n->heads, &scores), "result", h);
    return rescope(linear(at, "c_proj", h), x);
}

static struct maps block(struct maps x, const struct gpt2 *n, struct maps mask, int i)
{
    struct maps y = self_attention(layer_norm(x, "ln_1", 1e-5f), n, mask, i);
    x = add(y, x, "add_attn");
    y = mlp(layer_norm(x, "ln_2", 1e-5f), "mlp", 4 * n->hidden, GELU_tanh);
    return add(x, y, "add_mlp");
}

static void build(struct graph *g, const void *arguments)
{
    const struct gpt2 *n = arguments;
    int64_t all = n->past + n->tokens;
    struct maps ids = maps_input(g, "input_ids", TYPE_s64, INTS(1, n->tokens), n->tokens);
    struct maps ones = maps_input(g, "attention_mask", TYPE_s64, INTS(1, all), all);
    struct maps mask = decoder_mask(ones, "mask", n->tokens);
    struct maps table = parameter(ids, "wte", "weight", INTS(VOCABULARY, n->hidden));
    struct maps x = gather(table, "wte", 0, ids);
    x = add(x, position_embedding(ids, "wpe", POSITIONS, n->hidden, n->past, n->tokens), "add");
    for (int i = 0; i < n->layers; i++)
        x = block(scope(x, "h.%d", i), n, mask, i);
    x = layer_norm(rescope(x, ids), "ln_f", 1e-5f);
    output(tied_head(x, "lm_head", table, VOCABULARY));
}

#define SOURCE "Radford et al., Language models are unsupervised multitask learners, 2019, 2.3"
static const struct gpt2 prefill = {12, 768, 12, .tokens = 128};
static const struct gpt2 decode = {12, 768, 12, .tokens = 1, .past = 128};

static const struct zoo_entry entries[] = {
    {"gpt2_prefill", LIST_modern, "language", 2019, SOURCE, .parameters = 124439808,
     .figures = KERAS_HUB "gpt2_base_en", .arguments = &prefill},
    {"gpt2_decode", LIST_modern, "language", 2019, SOURCE, .parameters = 124439808,
     .figures = KERAS_HUB "gpt2_base_en", .arguments = &decode},
};

const struct zoo_family family_gpt2 = {"gpt2", build, ZOO_ROWS(entries)};
