// Reference of operators that slide a window over spatial dimensions: convolution and pooling.
#include <float.h>
#include <math.h>

#include "runner/reference_kernels.h"

enum { MAX_SPATIAL = MAX_RANK - 2 };

// src is [mb, ic, spatial...], dst [mb, oc, spatial...]; absent attributes read as in ONNX.
struct window {
    int rank; // spatial dimensions
    int64_t taps;
    int64_t kernel[MAX_SPATIAL], stride[MAX_SPATIAL], dilation[MAX_SPATIAL];
    int64_t begin[MAX_SPATIAL], end[MAX_SPATIAL]; // padding
};

static int64_t item(const struct node *n, enum attr_key key, int i, int64_t fallback)
{
    int count;
    const int64_t *items = node_ints(n, key, &count);
    return i < count ? items[i] : fallback;
}

// `kernel`: sizes for a node that does not say them.
static struct window window_of(const struct node *n, const struct tensor *src,
                               const int64_t *kernel)
{
    struct window w = {.rank = src->rank - 2, .taps = 1};
    for (int i = 0; i < w.rank; i++) {
        w.kernel[i] = item(n, ATTR_kernel_shape, i, kernel[i]);
        w.stride[i] = item(n, ATTR_strides, i, 1);
        w.dilation[i] = item(n, ATTR_dilations, i, 1);
        w.begin[i] = item(n, ATTR_pads, i, 0);
        w.end[i] = item(n, ATTR_pads, w.rank + i, 0);
        w.taps *= w.kernel[i];
    }
    return w;
}

// Where a tap of the window at dst's coordinates `at` falls.
enum where { INSIDE, IN_PADDING, BEYOND };

// *offset: place in one channel of src if it is inside.
static enum where tap_place(const struct window *w, const struct operand *src, const int64_t *at,
                            int64_t tap, int64_t *offset)
{
    enum where where = INSIDE;
    *offset = 0;
    for (int i = w->rank - 1; i >= 0; i--) {
        int64_t size = src->t->dims[2 + i];
        int64_t x = at[2 + i] * w->stride[i] - w->begin[i] + tap % w->kernel[i] * w->dilation[i];
        tap /= w->kernel[i];
        if (x >= size + w->end[i])
            return BEYOND; // only with ceil_mode
        if (x < 0 || x >= size)
            where = IN_PADDING;
        *offset += x * src->strides[2 + i];
    }
    return where;
}

// Sum over the channels of one group at one tap; src and weights are their first elements.
static double sum_channels(const float *src, int64_t src_stride, const float *weights,
                           int64_t weights_stride, int64_t channels)
{
    double sum = 0;
    for (int64_t c = 0; c < channels; c++)
        sum += (double)src[c * src_stride] * (double)weights[c * weights_stride];
    return sum;
}

static double conv_at(const struct reference_step *s, const struct window *w, const int64_t *at)
{
    const struct operand *src = &s->src[0], *weights = &s->src[1];
    int64_t group_channels = weights->t->dims[1]; // weights: [oc, ic / group, kernel...]
    int64_t group = at[1] / (weights->t->dims[0] / node_int(s->node, ATTR_group, 1));
    const float *image = (const float *)(const void *)src->data + at[0] * src->strides[0] +
                         group * group_channels * src->strides[1];
    const float *filter = (const float *)(const void *)weights->data + at[1] * weights->strides[0];
    double sum = 0;
    for (int64_t tap = 0; tap < w->taps; tap++) {
        int64_t offset;
        if (tap_place(w, src, at, tap, &offset) == INSIDE)
            sum += sum_channels(image + offset, src->strides[1],
                                filter + tap * weights->strides[w->rank + 1], weights->strides[1],
                                group_channels);
    }
    const struct operand *bias = optional_source(s, 2);
    return bias ? sum + operand_read(bias, at[1]) : sum;
}

void reference_conv(const struct reference_step *s)
{
    struct window w = window_of(s->node, s->src[0].t, s->src[1].t->dims + 2);
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        s->out[i] = conv_at(s, &w, at);
    }
}

static double pool_at(const struct reference_step *s, const struct window *w, const int64_t *at)
{
    const struct operand *src = &s->src[0];
    bool max = s->node->op == OP_MaxPool || s->node->op == OP_GlobalMaxPool;
    bool include_pad = node_int(s->node, ATTR_count_include_pad, 0) != 0;
    int64_t channel = at[0] * src->strides[0] + at[1] * src->strides[1];
    double largest = -DBL_MAX, sum = 0;
    int64_t counted = 0;
    for (int64_t tap = 0; tap < w->taps; tap++) {
        int64_t offset;
        enum where where = tap_place(w, src, at, tap, &offset);
        counted += where == INSIDE || (where == IN_PADDING && include_pad);
        if (where != INSIDE)
            continue;
        double x = operand_read(src, channel + offset);
        largest = fmax(largest, x);
        sum += x;
    }
    return max ? largest : sum / (double)counted;
}

// Pooling over windows, and over the whole image, which has no kernel_shape.
void reference_pool(const struct reference_step *s)
{
    struct window w = window_of(s->node, s->src[0].t, s->src[0].t->dims + 2);
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        s->out[i] = pool_at(s, &w, at);
    }
}
