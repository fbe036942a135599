// Reference of convolutions. Tensors are [mb, channels, spatial...], weights [oc, ic / group,
// kernel...], of a transposed convolution [ic, oc / group, kernel...].
#include "reference/window.h"

// Sum over the channels of one group at one tap, which reads src at `place`, of weights of dst's
// channel `oc`.
static long double tap_sum(const struct reference_step *s, const int64_t *place, int64_t oc,
                           int64_t tap)
{
    const struct operand *src = &s->src[0], *weights = &s->src[1];
    int64_t channels = weights->t->dims[1];
    int64_t group = oc / (weights->t->dims[0] / node_int(s->node, ATTR_group, 1));
    int64_t first[MAX_RANK] = {place[0], group * channels};
    for (int d = 2; d < src->t->rank; d++)
        first[d] = place[d];
    struct span x = {operand_offset(src, first), src->strides[1]};
    struct span w = {oc * weights->strides[0] + tap * weights->strides[src->t->rank - 1],
                     weights->strides[1]};
    return dot(src, x, weights, w, channels);
}

static long double conv_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    const struct window *w = context;
    const struct operand *bias = optional_source(s, 2);
    int64_t place[MAX_RANK] = {at[0]};
    long double sum = bias ? operand_read(bias, at[1]) : 0;
    for (int64_t tap = 0; tap < w->taps; tap++) {
        if (tap_place(w, s->src[0].t, at, tap, place + 2) == INSIDE)
            sum += tap_sum(s, place, at[1], tap);
    }
    return sum;
}

void reference_conv(const struct reference_step *s)
{
    struct window w = window_of(s->node, s->dst->rank, s->src[1].t->dims + 2);
    each_element(s, conv_at, &w);
}

// The coordinates of src that tap `tap` carries to coordinates `at` of dst; false if there are
// none.
static bool source_of_tap(const struct window *w, const struct tensor *src, const int64_t *at,
                          int64_t tap, int64_t *place)
{
    for (int i = w->rank - 1; i >= 0; i--) {
        int64_t x = at[2 + i] + w->begin[i] - tap % w->kernel[i] * w->dilation[i];
        tap /= w->kernel[i];
        if (x < 0 || x % w->stride[i] != 0 || x / w->stride[i] >= src->dims[2 + i])
            return false;
        place[i] = x / w->stride[i];
    }
    return true;
}

static long double transposed_at(const struct reference_step *s, const int64_t *at,
                                 const void *context)
{
    const struct window *w = context;
    const struct operand *src = &s->src[0], *weights = &s->src[1], *bias = optional_source(s, 2);
    int64_t group_oc = weights->t->dims[1];
    int64_t group_ic = src->t->dims[1] / node_int(s->node, ATTR_group, 1);
    int64_t first = at[1] / group_oc * group_ic; // channel of src
    int64_t place[MAX_RANK] = {at[0], first};
    long double sum = bias ? operand_read(bias, at[1]) : 0;
    for (int64_t tap = 0; tap < w->taps; tap++) {
        if (!source_of_tap(w, src->t, at, tap, place + 2))
            continue;
        struct span x = {operand_offset(src, place), src->strides[1]};
        struct span y = {first * weights->strides[0] + at[1] % group_oc * weights->strides[1] +
                             tap * weights->strides[w->rank + 1],
                         weights->strides[0]};
        sum += dot(src, x, weights, y, group_ic);
    }
    return sum;
}

void reference_conv_transpose(const struct reference_step *s)
{
    struct window w = window_of(s->node, s->dst->rank, s->src[1].t->dims + 2);
    each_element(s, transposed_at, &w);
}
