// Reference of operators that normalise blocks of consecutive elements by their own mean and
// variance, then scale and shift.
#include <math.h>
#include <stdlib.h>

#include "reference/kernels.h"

struct statistics {
    long double mean, inverse; // 1 / sqrt(variance + epsilon); without a mean that of the squares
};

static struct statistics statistics_of(const long double *x, int64_t n, long double epsilon,
                                       bool centred)
{
    struct statistics of = {0};
    long double squares = 0;
    for (int64_t i = 0; i < n && centred; i++)
        of.mean += x[i] / (long double)n;
    for (int64_t i = 0; i < n; i++)
        squares += (x[i] - of.mean) * (x[i] - of.mean);
    of.inverse = 1 / sqrtl(squares / (long double)n + epsilon);
    return of;
}

// Blocks of `size` elements that follow each other in row-major order.
struct blocks {
    int64_t size;
    bool centred;
    const struct result *mean, *inverse; // of every block; NULL if not wanted
};

// Normalises x in place.
static void normalise(const struct reference_step *s, const struct blocks *b, long double *x,
                      int64_t n)
{
    long double epsilon = (long double)node_float(s->node, ATTR_epsilon, 1e-5f);
    for (int64_t block = 0; block < n / b->size; block++) {
        long double *first = x + block * b->size;
        struct statistics of = statistics_of(first, b->size, epsilon, b->centred);
        for (int64_t i = 0; i < b->size; i++)
            first[i] = (first[i] - of.mean) * of.inverse;
        if (b->mean)
            b->mean->out[block] = of.mean;
        if (b->inverse)
            b->inverse->out[block] = of.inverse;
    }
}

// Scale and B stand in sources 1 and 2, one per channel, or per group of channels in
// GroupNormalization of opset 18.
static void scale_channels(const struct reference_step *s)
{
    int64_t channels = s->dst->dims[1], per_scale = channels / tensor_elements(s->src[1].t);
    for (int64_t i = 0; i < tensor_elements(s->dst); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        int64_t c = at[1] / per_scale;
        s->out[i] = s->out[i] * operand_read(&s->src[1], c) + operand_read(&s->src[2], c);
    }
}

// X [mb, c, spatial...] in `groups` groups of channels.
static void normalise_groups(const struct reference_step *s, int64_t groups)
{
    int64_t n = tensor_elements(s->dst);
    struct blocks b = {.size = n / s->dst->dims[0] / groups, .centred = true};
    reference_copy(s);
    normalise(s, &b, s->out, n);
    scale_channels(s);
}

void reference_instancenorm(const struct reference_step *s)
{
    normalise_groups(s, s->dst->dims[1]);
}

void reference_groupnorm(const struct reference_step *s)
{
    normalise_groups(s, node_int(s->node, ATTR_num_groups, 1));
}

static bool is_centred(enum op op)
{
    return op == OP_LayerNormalization || op == OP_SkipLayerNormalization;
}

// Result 0: x * scale + shift, operands of the shape that broadcasts to dst.
static void scale_elements(const struct reference_step *s, int scale, int shift)
{
    for (int64_t i = 0; i < tensor_elements(s->dst); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        if (optional_source(s, scale))
            s->out[i] *= source_at(s, scale, at);
        if (optional_source(s, shift))
            s->out[i] += source_at(s, shift, at);
    }
}

// Sources X, Scale, B; over the dimensions from `axis` on. Results: Y, mean, 1 / deviation.
void reference_layernorm(const struct reference_step *s)
{
    int axis = node_axis(s->node, -1, s->dst->rank);
    bool centred = is_centred(s->node->op);
    struct blocks b = {dims_count(s->dst->dims, axis, s->dst->rank), centred,
                       centred ? optional_result(s, 1) : NULL, optional_result(s, centred ? 2 : 1)};
    reference_copy(s);
    normalise(s, &b, s->out, tensor_elements(s->dst));
    scale_elements(s, 1, 2);
}

// com.microsoft: X, skip, gamma, then beta (only where it is centred) and bias; over the last
// dimension. Result 3 is X + skip + bias.
void reference_skip_layernorm(const struct reference_step *s)
{
    bool centred = is_centred(s->node->op);
    int bias = centred ? 4 : 3, n_rank = s->dst->rank;
    struct blocks b = {s->dst->dims[n_rank - 1], centred, optional_result(s, 1),
                       optional_result(s, 2)};
    const struct result *total = optional_result(s, 3);
    reference_copy(s);
    for (int64_t i = 0; i < tensor_elements(s->dst); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        s->out[i] += source_at(s, 1, at) + (optional_source(s, bias) ? source_at(s, bias, at) : 0);
        if (total)
            total->out[i] = s->out[i];
    }
    normalise(s, &b, s->out, tensor_elements(s->dst));
    scale_elements(s, 2, centred ? 3 : bias + 1);
}

static bool is_listed(const int64_t *axes, int n, int d, int rank)
{
    for (int i = 0; i < n; i++)
        if ((axes[i] < 0 ? axes[i] + rank : axes[i]) == d)
            return true;
    return false;
}

// Which elements of X are normalised together: those that agree in all dimensions but `axes`, by
// default all but the channels.
static int64_t kept_index(const struct reference_step *s, const int64_t *at)
{
    int n, rank = s->dst->rank;
    const int64_t *axes = node_ints(s->node, ATTR_axes, &n);
    int64_t index = 0;
    for (int d = 0; d < rank; d++)
        if (n > 0 ? !is_listed(axes, n, d, rank) : d == 1)
            index = index * s->dst->dims[d] + at[d];
    return index;
}

// (X - E X) / (sqrt(E X^2 - (E X)^2) + 1e-9).
void reference_mvn(const struct reference_step *s)
{
    int64_t n = tensor_elements(s->dst), at[MAX_RANK];
    long double *sums = xcalloc((size_t)n * 3, sizeof *sums); // sum, sum of squares, count
    reference_copy(s);
    for (int64_t i = 0; i < n; i++) {
        tensor_coordinates(s->dst, i, at);
        long double *sum = sums + 3 * kept_index(s, at);
        sum[0] += s->out[i];
        sum[1] += s->out[i] * s->out[i];
        sum[2] += 1;
    }
    for (int64_t i = 0; i < n; i++) {
        tensor_coordinates(s->dst, i, at);
        const long double *sum = sums + 3 * kept_index(s, at);
        long double mean = sum[0] / sum[2], variance = fmaxl(sum[1] / sum[2] - mean * mean, 0);
        s->out[i] = (s->out[i] - mean) / (sqrtl(variance) + 1e-9L);
    }
    free(sums);
}
