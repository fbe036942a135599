// The loops of loops_lines.c for one type of elements: included once for each, with ITEM the C
// type, SUM what it is added up in, and OF(name) the name that a function has for it. No guard.

// ---- the place of the largest --------------------------------------------------------------

LOOP_INLINE bool OF(is_better)(const struct loop_lines *p, ITEM x, ITEM than)
{
    return (p->largest ? x > than : x < than) || (p->last && x == than);
}

// Of n lines side by side.
LOOP_INLINE void OF(arg_lines)(const struct loop_lines *p, const ITEM *src, int64_t *dst, int64_t n)
{
    ITEM best[N_LINES];
    for (int64_t j = 0; j < n; j++) {
        best[j] = src[j];
        dst[j] = 0;
    }
    for (int64_t i = 1; i < p->n; i++)
        for (int64_t j = 0; j < n; j++) {
            const ITEM x = src[i * p->inner + j];
            bool better = OF(is_better)(p, x, best[j]);
            best[j] = better ? x : best[j];
            dst[j] = better ? i : dst[j];
        }
}

LOOP_INLINE void OF(arg)(const struct loop_lines *p, void *const *args, struct part part)
{
    for (int64_t line = part.from, n; line < part.to; line += n) {
        n = p->inner - line % p->inner;
        n = n < part.to - line ? n : part.to - line;
        n = n < N_LINES ? n : N_LINES;
        OF(arg_lines)
        (p, (const ITEM *)args[0] + line_begin(p, line, p->n), (int64_t *)args[1] + line, n);
    }
}

// ---- the k largest -------------------------------------------------------------------------
// The results of a line are a heap whose root is the worst of the k best so far; it is sorted by
// taking out the root until none is left. Of equals the one that stands first in src is better.

struct OF(heap) {
    ITEM *value;
    int64_t *index;
    int64_t stride, n;
    bool largest;
};

LOOP_INLINE bool OF(is_above)(const struct OF(heap) * h, int64_t at, ITEM x, int64_t i)
{
    ITEM y = h->value[at * h->stride];
    int64_t j = h->index[at * h->stride];
    return x == y ? i < j : h->largest ? x > y : x < y;
}

LOOP_INLINE void OF(heap_put)(const struct OF(heap) * h, int64_t at, ITEM x, int64_t i)
{
    h->value[at * h->stride] = x;
    h->index[at * h->stride] = i;
}

LOOP_INLINE void OF(heap_move)(const struct OF(heap) * h, int64_t to, int64_t from)
{
    OF(heap_put)(h, to, h->value[from * h->stride], h->index[from * h->stride]);
}

// Puts (x, i) in the root's place and lets it sink below what is worse.
LOOP_INLINE void OF(heap_sink)(const struct OF(heap) * h, ITEM x, int64_t i)
{
    int64_t at = 0;
    for (int64_t child = 1; child < h->n; at = child, child = 2 * at + 1) {
        int64_t other = child + 1;
        if (other < h->n &&
            OF(is_above)(h, other, h->value[child * h->stride], h->index[child * h->stride]))
            child = other;
        if (!OF(is_above)(h, child, x, i))
            break;
        OF(heap_move)(h, at, child);
    }
    OF(heap_put)(h, at, x, i);
}

// Adds (x, i) and lets it rise above what is better.
LOOP_INLINE void OF(heap_add)(struct OF(heap) * h, ITEM x, int64_t i)
{
    int64_t at = h->n++;
    for (; at > 0 && !OF(is_above)(h, (at - 1) / 2, x, i); at = (at - 1) / 2)
        OF(heap_move)(h, at, (at - 1) / 2);
    OF(heap_put)(h, at, x, i);
}

LOOP_INLINE void OF(heap_sort)(struct OF(heap) * h)
{
    while (h->n > 1) {
        const int64_t last = --h->n * h->stride, i = h->index[last];
        const ITEM x = h->value[last];
        OF(heap_move)(h, h->n, 0);
        OF(heap_sink)(h, x, i);
    }
}

LOOP_INLINE void OF(top)(const struct loop_lines *p, void *const *args, struct part part)
{
    for (int64_t line = part.from; line < part.to; line++) {
        const ITEM *src = (const ITEM *)args[0] + line_begin(p, line, p->n);
        const int64_t to = line_begin(p, line, p->k);
        struct OF(heap) h = {.value = (ITEM *)args[1] + to,
                             .index = (int64_t *)args[2] + to,
                             .stride = p->inner,
                             .largest = p->largest};
        for (int64_t i = 0; i < p->n; i++) {
            const ITEM x = src[i * p->inner];
            if (h.n < p->k)
                OF(heap_add)(&h, x, i);
            else if (OF(is_above)(&h, 0, x, i))
                OF(heap_sink)(&h, x, i);
        }
        OF(heap_sort)(&h);
    }
}

// ---- running sums --------------------------------------------------------------------------

LOOP_INLINE void OF(running_sum)(const struct loop_lines *p, void *const *args, struct part part)
{
    for (int64_t line = part.from; line < part.to; line++) {
        int64_t at = line_begin(p, line, p->n), step = p->reverse ? -p->inner : p->inner;
        at += p->reverse ? (p->n - 1) * p->inner : 0;
        SUM sum = 0;
        for (int64_t i = 0; i < p->n; i++, at += step) {
            const SUM with = sum + (SUM)((const ITEM *)args[0])[at];
            ((ITEM *)args[1])[at] = (ITEM)(p->exclusive ? sum : with);
            sum = with;
        }
    }
}
