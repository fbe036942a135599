// Padding that a convolution or a pooling can do itself.
#include <float.h>

#include "decompose/fuse.h"
#include "decompose/passes.h"

struct padding {
    int n; // spatial dimensions
    int64_t pads[2 * MAX_SPATIAL];
    float value;
};

// What a Pad adds around the spatial dimensions; false if it does anything else.
static bool read_padding(const struct graph *g, const struct node *pad, struct padding *p)
{
    int n, rank = g->values[pad->dst[0]].t.rank;
    const int64_t *pads = node_ints(pad, ATTR_pads, &n);
    if (pad->n_src != 1 || rank < 3 || rank > 2 + MAX_SPATIAL || n != 2 * rank ||
        node_int(pad, ATTR_pad_mode, WORD_pad_mode_constant) != WORD_pad_mode_constant)
        return false;
    p->n = rank - 2;
    p->value = node_float(pad, ATTR_pad_value, 0);
    for (int k = 0; k < n; k++) {
        int d = k % rank - 2, end = k / rank;
        if (pads[k] < 0 || (d < 0 && pads[k] != 0))
            return false;
        if (d >= 0)
            p->pads[end * p->n + d] = pads[k];
    }
    return true;
}

static bool is_not_negative(const struct fusion *f, int v)
{
    int clip = fusion_producer(f, v, OP_Clip);
    return fusion_producer(f, v, OP_Relu) != NONE || fusion_producer(f, v, OP_Sigmoid) != NONE ||
           (clip != NONE && node_float(&f->g->nodes[clip], ATTR_min, -1) >= 0);
}

// Whether every window has more than padding in it, and none reaches over the padded end.
static bool windows_fit(const struct graph *g, const struct node *n, const struct padding *p)
{
    int count;
    const int64_t *kernel = node_ints(n, ATTR_kernel_shape, &count);
    const int64_t *strides = node_ints(n, ATTR_strides, &count);
    const int64_t *dilations = node_ints(n, ATTR_dilations, &count);
    const int64_t *pads = node_ints(n, ATTR_pads, &count);
    const int64_t *src = g->values[n->src[0]].t.dims + 2, *dst = g->values[n->dst[0]].t.dims + 2;
    for (int d = 0; d < p->n; d++) {
        int64_t begin = pads[d] + p->pads[d], end = pads[d + p->n] + p->pads[d + p->n];
        int64_t dilation = dilations ? dilations[d] : 1, extent = (kernel[d] - 1) * dilation + 1;
        if (begin >= kernel[d] || end >= kernel[d] || dilation != 1 ||
            (dst[d] - 1) * strides[d] + extent > src[d] + pads[d] + pads[d + p->n])
            return false;
    }
    return true;
}

// Whether the step does the same with this padding as behind the Pad whose source is v.
static bool can_pad(const struct fusion *f, const struct node *n, const struct padding *p, int v)
{
    bool padded = false;
    int count;
    const int64_t *pads = node_ints(n, ATTR_pads, &count);
    for (int k = 0; k < count; k++)
        padded |= pads[k] != 0;
    switch (n->op) {
    case OP_Conv:
        return p->value == 0;
    case OP_AveragePool: // its own padding is counted, or there is none
        return p->value == 0 && (!padded || node_int(n, ATTR_count_include_pad, 0)) &&
               windows_fit(f->g, n, p);
    case OP_MaxPool: // pads with what is less than anything
        return (p->value <= -FLT_MAX || (p->value == 0 && is_not_negative(f, v))) &&
               windows_fit(f->g, n, p);
    default:
        return false;
    }
}

bool fuse_pad(struct fusion *f, int i)
{
    struct graph *g = f->g;
    int user = g->nodes[i].op == OP_Pad ? fusion_user(f, g->nodes[i].dst[0]) : NONE, count;
    struct padding p;
    if (user == NONE || g->nodes[user].src[0] != g->nodes[i].dst[0] ||
        !read_padding(g, &g->nodes[i], &p) || !can_pad(f, &g->nodes[user], &p, g->nodes[i].src[0]))
        return false;
    struct node *n = &g->nodes[user];
    const int64_t *pads = node_ints(n, ATTR_pads, &count);
    for (int k = 0; k < 2 * p.n; k++)
        p.pads[k] += count ? pads[k] : 0;
    node_set_ints(g, n, ATTR_pads, 2 * p.n, p.pads);
    if (n->op == OP_AveragePool)
        node_set_int(g, n, ATTR_count_include_pad, 1);
    fusion_set_src(f, user, 0, g->nodes[i].src[0]);
    return true;
}
