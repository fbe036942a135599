#include "datasets/blocks_attention.h"

#include <math.h>

// What masks add: less than any score, but finite.
static const float MASKED = -1e4f;

struct maps linear_without_bias(struct maps x, const char *name, int64_t features)
{
    return matmul(x, name, parameter(x, name, "weight", INTS(x.channels, features)));
}

struct maps linear(struct maps x, const char *name, int64_t features)
{
    struct maps bias = parameter(x, name, "bias", INTS(features));
    struct maps w = parameter(x, name, "weight", INTS(x.channels, features));
    x = matmul(x, layer_name(x, "%s.product", name), w);
    return binary(bias, name, OP_Add, x);
}

struct maps rms_norm(struct maps x, const char *name, float epsilon)
{
    struct maps weights = parameter(x, name, "weight", INTS(x.channels));
    struct maps at = within(x, "%s", name), y;
    y = reduce_mean(with_number(at, "pow", OP_Pow, 2), "mean", -1, true);
    y = unary(with_number(y, "add", OP_Add, epsilon), "sqrt", OP_Sqrt);
    y = mul(at, unary(y, "reciprocal", OP_Reciprocal), "mul");
    return binary(weights, name, OP_Mul, y);
}

// x / 2 (1 + tanh(root(2 / pi) (x + 0.044715 x^3)))
static struct maps gelu_tanh(struct maps x, const char *name)
{
    struct maps at = within(x, "%s", name), y;
    y = with_number(with_number(at, "pow", OP_Pow, 3), "cubic", OP_Mul, 0.044715f);
    y = with_number(add(at, y, "sum"), "scale", OP_Mul, sqrtf(2 / (float)M_PI));
    y = with_number(unary(y, "tanh", OP_Tanh), "add", OP_Add, 1);
    return mul(rescope(with_number(at, "half", OP_Mul, 0.5f), x), y, name);
}

struct maps gelu(struct maps x, const char *name, enum gelu by)
{
    return by == GELU_tanh ? gelu_tanh(x, name) : act(x, name, ACT_gelu);
}

struct maps mlp(struct maps x, const char *name, int64_t hidden, enum gelu by)
{
    int64_t channels = x.channels;
    struct maps y = linear(within(x, "%s", name), "fc1", hidden);
    return rescope(linear(gelu(y, "act", by), "fc2", channels), x);
}

// ---- embeddings ----------------------------------------------------------------------------

struct maps position_embedding(struct maps x, const char *name, int64_t rows, int64_t channels,
                               int64_t first, int64_t n)
{
    struct maps table = parameter(x, name, "weight", INTS(rows, channels));
    table = slice(table, layer_name(x, "%s.slice", name), 0, first, first + n);
    return unsqueeze(table, name, INTS(0));
}

// ---- masks ---------------------------------------------------------------------------------

struct maps padding_mask(struct maps ones, const char *name)
{
    struct maps x = within(ones, "%s", name);
    x = unsqueeze(unsqueeze(x, "keys", INTS(1)), "queries", INTS(2));
    x = number_with(1, "padding", OP_Sub, cast(x, "cast", TYPE_f32));
    return rescope(with_number(x, "mask", OP_Mul, MASKED), ones);
}

// MASKED above the diagonal of [1, 1, n, n].
static struct maps causal_mask(struct maps x, int64_t n)
{
    int shape = constant_ints(x, "full", "shape", INTS(1, 1, n, n));
    struct maps one = constant(x, "one", TYPE_s64, 0, NULL, (const int64_t[]){1});
    struct node *full = layer(&x, OP_ConstantOfShape, "full", 1, &shape);
    node_set_float(x.g, full, ATTR_fill, MASKED);
    struct node *triangle = layer(&x, OP_Trilu, "triangle", 2, (int[]){x.value, one.value});
    node_set_int(x.g, triangle, ATTR_upper, 1);
    x.channels = n;
    return x;
}

struct maps decoder_mask(struct maps ones, const char *name, int64_t n)
{
    struct maps padding = padding_mask(ones, name);
    if (n == 1)
        return padding;
    return add(causal_mask(within(ones, "%s", name), n), padding, "add");
}

// ---- attention -----------------------------------------------------------------------------

struct maps split_heads(struct maps x, const char *name, int64_t heads)
{
    struct maps at = within(x, "%s", name);
    int64_t depth = x.channels / heads;
    at = transpose(reshape(at, "heads", INTS(0, 0, heads, depth)), "swap", INTS(0, 2, 1, 3));
    at.channels = depth;
    return rescope(at, x);
}

struct maps merge_heads(struct maps x, const char *name, int64_t channels)
{
    struct maps at = within(x, "%s", name);
    at = reshape(transpose(at, "swap", INTS(0, 2, 1, 3)), "merge", INTS(0, 0, channels));
    at.channels = channels;
    return rescope(at, x);
}

struct maps with_past(struct maps x, const char *what, int i, int64_t heads, int64_t past)
{
    if (past) {
        const char *name = layer_name(x, "past_key_values.%d.%s", i, what);
        struct maps before =
            maps_input(x.g, name, TYPE_f32, INTS(1, heads, past, x.channels), x.channels);
        struct maps both =
            join(layer_name(x, "present.%d.%s", i, what), 2, 2, (struct maps[]){before, x});
        x = rescope(both, x);
    }
    output(x);
    return x;
}

static struct maps add_window_mask(struct maps x, int64_t heads, const struct scores *s)
{
    int64_t n = s->window_mask.channels;
    x = reshape(x, "mask.windows", INTS(-1, s->windows, heads, n, n));
    x = add(x, s->window_mask, "mask.shifted");
    return reshape(x, "mask.heads", INTS(-1, heads, n, n));
}

struct maps attend(struct maps q, struct maps k, struct maps v, int64_t heads,
                   const struct scores *s)
{
    struct maps keys = transpose(k, "swap", INTS(0, 1, 3, 2));
    struct maps x = matmul(q, "scores", keys);
    if (!s->unscaled)
        x = with_number(x, "scale", OP_Div, sqrtf((float)q.channels));
    if (s->masked)
        x = add(x, s->mask, "mask");
    if (s->windows)
        x = add_window_mask(x, heads, s);
    return matmul(softmax(x, "softmax", -1), "context", v);
}

static struct maps projection(struct maps x, const char *name, int64_t features, bool bias)
{
    return bias ? linear(x, name, features) : linear_without_bias(x, name, features);
}

struct maps attention(struct maps x, struct maps context, const char *name,
                      const struct attention *a)
{
    struct maps at = within(x, "%s", name), from = rescope(context, at);
    struct maps q = projection(at, "query", x.channels, a->biases & BIAS_query);
    struct maps k = projection(from, "key", x.channels, a->biases & BIAS_key);
    struct maps v = projection(from, "value", x.channels, a->biases & BIAS_value);
    q = split_heads(q, "queries", a->heads);
    k = split_heads(k, "keys", a->heads);
    v = split_heads(v, "values", a->heads);
    at = merge_heads(attend(q, k, v, a->heads, &a->scores), "result", x.channels);
    return rescope(projection(at, "out", x.channels, a->biases & BIAS_out), x);
}

struct maps tied_head(struct maps x, const char *name, struct maps table, int64_t rows)
{
    table = transpose(rescope(table, x), layer_name(x, "%s.transpose", name), INTS(1, 0));
    table.channels = rows;
    return matmul(x, name, table);
}

// ---- layers --------------------------------------------------------------------------------

static struct maps normed(struct maps x, const char *name, const struct encoder_layer *l, bool now)
{
    return now ? layer_norm(x, name, l->epsilon) : x;
}

struct maps encoder_layer(struct maps x, const struct encoder_layer *l)
{
    struct maps y = normed(x, "norm1", l, l->norm_first);
    y = attention(y, y, "attention", &l->attention);
    x = normed(add(y, x, "attention.add"), "norm1", l, !l->norm_first);
    y = mlp(normed(x, "norm2", l, l->norm_first), "mlp", l->hidden, l->gelu);
    return normed(add(y, x, "mlp.add"), "norm2", l, !l->norm_first);
}
