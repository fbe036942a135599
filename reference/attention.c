// Reference of scaled dot-product attention: softmax(scale * Q K^T + mask) V.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/kernels.h"

// Q [..., L, E], K [..., S, E], V [..., S, F], all in that order whatever the tensors' is.
struct attention {
    const struct reference_step *s;
    struct tensor t[3], dst;
    struct operand q, k, v;
    bool dst_swapped, causal, blind_zero;
    int64_t ahead, back; // causal: query i sees keys i + ahead - back to i + ahead
    long double scale, softcap;
};

static void swap(int64_t *x, int rank)
{
    int64_t y = x[rank - 3];
    x[rank - 3] = x[rank - 2];
    x[rank - 2] = y;
}

static bool is_swapped(const struct reference_step *s, int which)
{
    return node_item(s->node, ATTR_swapped, which, 0) != 0;
}

static struct operand in_order(const struct reference_step *s, int k, struct tensor *t)
{
    struct operand o = s->src[k];
    *t = *o.t;
    o.t = t;
    if (is_swapped(s, k)) {
        swap(t->dims, t->rank);
        swap(o.strides, t->rank);
    }
    return o;
}

// A mask of booleans says what is seen, one of numbers is added.
static long double mask_at(const struct attention *a, const int64_t *at)
{
    int rank = a->dst.rank;
    int64_t further = at[rank - 2] + a->ahead - at[rank - 1];
    const struct operand *mask = optional_source(a->s, 3);
    if (a->causal && (further < 0 || further > a->back))
        return -INFINITY;
    if (!mask)
        return 0;
    long double x = operand_read(mask, operand_broadcast(mask, rank, at));
    return mask->t->type != TYPE_boolean ? x : x != 0 ? 0 : -INFINITY;
}

// Softmax of the scores of one row of Q, at coordinates `at` but for the last.
static void score(const struct attention *a, const int64_t *at, double *scores)
{
    int rank = a->dst.rank;
    int64_t keys = a->k.t->dims[rank - 2], place[MAX_RANK], key[MAX_RANK];
    double largest = -INFINITY, sum = 0;
    memcpy(place, at, sizeof place);
    memcpy(key, at, sizeof key);
    for (int64_t i = 0; i < keys; i++) {
        place[rank - 1] = key[rank - 1] = 0;
        key[rank - 2] = i;
        struct span x = {operand_broadcast(&a->q, rank, place), a->q.strides[rank - 1]};
        struct span y = {operand_broadcast(&a->k, rank, key), a->k.strides[rank - 1]};
        long double product = dot(&a->q, x, &a->k, y, a->q.t->dims[rank - 1]);
        place[rank - 1] = i;
        product *= a->scale;
        if (a->softcap > 0)
            product = a->softcap * tanhl(product / a->softcap);
        scores[i] = (double)(product + mask_at(a, place));
        largest = fmax(largest, scores[i]);
    }
    if (a->blind_zero && largest == -INFINITY)
        largest = 0; // the exponentials become 0, and so do the scores
    for (int64_t i = 0; i < keys; i++)
        sum += scores[i] = exp(scores[i] - largest);
    if (a->blind_zero && sum == 0)
        sum = 1;
    for (int64_t i = 0; i < keys; i++)
        scores[i] /= sum;
}

static void attend(const struct attention *a, const int64_t *at, const double *scores)
{
    int rank = a->dst.rank;
    int64_t to[MAX_RANK], from[MAX_RANK];
    memcpy(from, at, sizeof from);
    for (int64_t e = 0; e < a->dst.dims[rank - 1]; e++) {
        long double sum = 0;
        from[rank - 1] = e;
        for (int64_t i = 0; i < a->k.t->dims[rank - 2]; i++) {
            from[rank - 2] = i;
            sum +=
                (long double)scores[i] * operand_read(&a->v, operand_broadcast(&a->v, rank, from));
        }
        memcpy(to, at, sizeof to);
        to[rank - 1] = e;
        if (a->dst_swapped)
            swap(to, rank);
        a->s->out[tensor_index(a->s->dst, to)] = sum;
    }
}

void reference_sdpa(const struct reference_step *s)
{
    struct attention a = {
        .s = s,
        .dst = *s->dst,
        .dst_swapped = is_swapped(s, 3),
        .causal = node_int(s->node, ATTR_is_causal, 0) != 0,
        .blind_zero = node_int(s->node, ATTR_blind_zero, 0) != 0,
        .ahead = node_int(s->node, ATTR_k, 0),
        .back = node_int(s->node, ATTR_left_window_size, INT64_MAX),
        .softcap = (long double)node_float(s->node, ATTR_softcap, 0),
        .scale = (long double)node_float(s->node, ATTR_scale, 1),
    };
    a.q = in_order(s, 0, &a.t[0]);
    a.k = in_order(s, 1, &a.t[1]);
    a.v = in_order(s, 2, &a.t[2]);
    if (a.dst_swapped)
        swap(a.dst.dims, a.dst.rank);
    struct tensor rows = a.dst;
    rows.dims[rows.rank - 1] = 1;
    int64_t n = tensor_elements(&rows), keys = a.k.t->dims[rows.rank - 2];
#pragma omp parallel for if (s->threaded)
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK] = {0};
        double *scores = xcalloc((size_t)keys, sizeof *scores);
        tensor_coordinates(&rows, i, at);
        score(&a, at, scores);
        attend(&a, at, scores);
        free(scores);
    }
}
