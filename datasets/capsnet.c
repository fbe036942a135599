// Sabour, Frosst, Hinton, "Dynamic routing between capsules", arXiv 1710.09829, figure 1 and
// procedure 1, without the decoder: 28 x 28 digits, three iterations of routing.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { CAPSULES = 6 * 6 * 32, LENGTH = 8, DIGITS = 10, DIGIT_LENGTH = 16, ITERATIONS = 3 };

static struct maps sum_along(struct maps x, const char *name, int64_t axis)
{
    int src[2] = {x.value, constant_ints(x, name, "axes", 1, &axis)};
    struct node *n = layer(&x, OP_ReduceSum, name, 2, src);
    node_set_int(x.g, n, ATTR_keepdims, 1);
    return x;
}

static struct maps binary_of(struct maps a, enum op op, struct maps b, const char *name)
{
    layer(&a, op, name, 2, (int[]){a.value, b.value});
    return a;
}

// s |s| / (1 + |s|^2): equation 1, along the last dimension.
static struct maps squash(struct maps s)
{
    struct maps one = s, root;
    struct maps square = sum_along(mul(s, s, "squash.square"), "squash.sum", -1);
    root = square;
    layer(&root, OP_Sqrt, "squash.root", 1, (int[]){square.value});
    one.value = scalar(s, "squash", "one", 1);
    struct maps factor = binary_of(root, OP_Div, add(square, one, "squash.plus"), "squash.factor");
    return mul(s, factor, "squash.result");
}

// Products of the last two dimensions.
static struct maps product(struct maps a, struct maps b, const char *name)
{
    return binary_of(a, OP_MatMul, b, name);
}

// What each capsule says of each digit: [N, capsules, 1, length] -> [N, digits, capsules, length].
static struct maps predictions(struct maps u)
{
    struct maps w = u;
    w.value =
        weight(u, "digits", "weight", 3, (int64_t[]){CAPSULES, LENGTH, DIGITS * DIGIT_LENGTH});
    u = product(u, w, "digits");
    u = reshape(u, "digits.split", 4, (int64_t[]){0, CAPSULES, DIGITS, DIGIT_LENGTH});
    return transpose(u, "digits.first", 4, (int64_t[]){0, 2, 1, 3});
}

// Logits begin as zeros, so the first couplings are all alike.
static struct maps routed(struct maps u)
{
    struct maps logits = u, v = u;
    for (int i = 0; i < ITERATIONS; i++) {
        struct maps at = scope(u, "routing%d", i), couplings = at;
        if (i == 0)
            couplings.value = scalar(at, "couplings", "first", 1.0f / DIGITS);
        else
            couplings = rescope(softmax(rescope(logits, at), "couplings", 1), at);
        v = squash(sum_along(mul(at, couplings, "weighted"), "sum", 2)); // [N, digits, 1, length]
        if (i == ITERATIONS - 1)
            break;
        struct maps column = transpose(v, "column", 4, (int64_t[]){0, 1, 3, 2});
        struct maps agreement = product(rescope(u, at), column, "agreement");
        logits = i == 0 ? agreement : add(agreement, logits, "logits");
    }
    return v;
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = maps_input(g, "digit", TYPE_f32, 4, (int64_t[]){1, 1, 28, 28}, 1);
    x = conv_act(x, "conv1", 256, (struct window){.kernel = 9}, ACT_relu);
    x = conv(scope(x, "primary"), "conv", 256, (struct window){.kernel = 9, .stride = 2});
    x = reshape(x, "split", 4, (int64_t[]){0, 32, LENGTH, 36});
    x = transpose(x, "capsules", 4, (int64_t[]){0, 1, 3, 2});
    x = reshape(x, "joined", 4, (int64_t[]){0, CAPSULES, 1, LENGTH});
    x = routed(predictions(squash(x)));
    x = scope(x, "lengths");
    x = sum_along(mul(x, x, "square"), "sum", -1);
    layer(&x, OP_Sqrt, "root", 1, (int[]){x.value});
    output(reshape(x, "digits", 2, (int64_t[]){0, DIGITS}));
}

static const struct zoo_entry rows[] = {
    {"capsnet", LIST_dlbricks50, "classification", 2017, "Sabour, Frosst, Hinton, arXiv 1710.09829",
     .parameters = 6.8e6, .figures = "the paper, section 5: 6.8 M without reconstruction",
     .layers = 53,
     .deviation = "without the decoder, which only training needs; table 1 counts 3 more "
                  "layers, of which nothing is published"},
};

const struct zoo_family family_capsnet = {"capsnet", build, ZOO_ROWS(rows)};
