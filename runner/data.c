#include "runner/data.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 * 1024 * 1024, PAGE = 4096 };

// ---- pages ---------------------------------------------------------------------------------

static size_t whole_pages(size_t bytes)
{
    return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

static void touch_pages(char *p, size_t bytes)
{
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < bytes; at += PAGE)
        p[at] = 0;
}

void *pages_alloc(size_t bytes, struct error *err)
{
    size_t size = whole_pages(bytes ? bytes : 1);
    char *p =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return fail_null(err, "out of memory asking for %zu MB", size >> 20);
    size_t before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0)
        munmap(p, before);
    p += before;
    munmap(p + size, HUGE_PAGE - before);
    madvise(p, size, MADV_HUGEPAGE); // only advice: environment `pages` says what the kernel does
    touch_pages(p, size);
    return p;
}

void pages_free(void *p, size_t bytes)
{
    if (p)
        munmap(p, whole_pages(bytes ? bytes : 1));
}

// ---- pseudo-random data --------------------------------------------------------------------

// SplitMix64 of a counter (Steele, Lea, Flood, OOPSLA 2014): every element on its own, so that the
// data do not depend on the team.
static inline uint64_t mix(uint64_t x)
{
    x = (x + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void fill_range(void *p, size_t bytes, float centre, float amplitude, uint64_t seed)
{
    float *out = p;
    const uint64_t start = mix(seed);
    const float scale = amplitude / 8388608.0f; // 24 bits, centred
    const size_t n = bytes / sizeof *out;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        out[i] = centre + scale * (float)((int32_t)(mix(start + i) >> 40) - 8388608);
}

void data_fill(void *p, size_t bytes, float amplitude, uint64_t seed)
{
    fill_range(p, bytes, 0, amplitude, seed);
}

// Products summed for one element of the result.
static int64_t fan_in(const struct graph *g, const struct node *n)
{
    const struct tensor *w = &g->values[n->src[1]].t;
    if (n->op == OP_Conv)
        return dims_count(w->dims, 1, w->rank);
    bool transposed = n->op == OP_Gemm && node_int(n, ATTR_transB, 0) != 0;
    int rank = w->rank;
    return rank < 2 ? w->dims[0] : w->dims[transposed ? rank - 1 : rank - 2];
}

static bool halves_variance(const struct node *n)
{
    for (int i = 0; i < n->n_posts; i++)
        if (n->posts[i].op == OP_Relu || n->posts[i].op == OP_Clip)
            return true;
    return false;
}

float data_weight_amplitude(const struct graph *g, const struct node *n, int src)
{
    bool product = n->op == OP_Conv || n->op == OP_Gemm || n->op == OP_MatMul;
    if (!product || src != 1 || g->values[n->src[1]].t.rank < 1)
        return 1;
    int64_t terms = fan_in(g, n);
    float gain = halves_variance(n) ? 6 : 3;
    return sqrtf(gain / (float)(terms > 0 ? terms : 1));
}

struct value_range {
    float centre, amplitude;
};

static struct value_range operand_range(const struct graph *g, const struct node *n, int src)
{
    static const struct {
        enum op op;
        int src;
        struct value_range range;
    } table[] = {
        {OP_Conv, 2, {0, 0.1f}},
        {OP_Gemm, 2, {0, 0.1f}},
        {OP_BatchNormalization, 1, {1, 0.5f}}, // scale
        {OP_BatchNormalization, 2, {0, 0.1f}}, // shift
        {OP_BatchNormalization, 3, {0, 0.1f}}, // mean
        {OP_BatchNormalization, 4, {1, 0.5f}}, // variance
        {OP_Div, 1, {1, 0.5f}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].op == n->op && table[i].src == src)
            return table[i].range;
    return (struct value_range){0, data_weight_amplitude(g, n, src)};
}

void data_fill_operand(const struct graph *g, const struct node *n, int src, void *p, size_t bytes,
                       uint64_t seed)
{
    if (g->values[n->src[src]].t.type == TYPE_f32) {
        struct value_range range = operand_range(g, n, src);
        fill_range(p, bytes, range.centre, range.amplitude, seed);
        return;
    }
    unsigned char *out = p;
    for (size_t i = 0; i < bytes; i++)
        out[i] = mix(seed + i) & 1;
}
