#include "runner/data.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/random.h"
#include "reference/number.h"
#include "runner/dnnl_compat.h"
#include "runner/indices.h"
#include "runner/loops_isa.h"

enum { HUGE_PAGE = 2 * 1024 * 1024, PAGE = 4096 };

// ---- pages ---------------------------------------------------------------------------------

size_t pages_whole(size_t bytes)
{
    return bytes == 0 ? HUGE_PAGE : (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

size_t pages_small(size_t bytes)
{
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

void pages_touch(void *first, size_t bytes)
{
    char *p = first;
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < bytes; at += PAGE)
        p[at] = 0;
}

int memory_suffices(double bytes, const char *what, struct error *err)
{
    double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (bytes > have)
        return fail(err, "%s needs %.1f GB of memory; this machine has %.1f GB", what, bytes / 1e9,
                    have / 1e9);
    return 0;
}

void *pages_map(size_t bytes, struct error *err)
{
    size_t size = pages_whole(bytes);
    if (memory_suffices((double)bytes, "running it", err))
        return NULL;
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
    return p;
}

void *pages_alloc(size_t bytes, struct error *err)
{
    char *p = pages_map(bytes, err);
    if (p)
        pages_touch(p, pages_whole(bytes));
    return p;
}

void pages_free(void *p, size_t bytes)
{
    if (p)
        munmap(p, pages_whole(bytes));
}

// ---- pseudo-random data --------------------------------------------------------------------

// Every element by its number, so that the data do not depend on the team.
static inline uint64_t mix(uint64_t x)
{
    return random_mixed((x + 1) * RANDOM_STEP);
}

struct value_range {
    float centre, amplitude;
};

struct loop_random {
    int64_t n;
    uint64_t start;
    float centre, scale; // of 24 bits, centred
};

LOOP_INLINE void loop_random_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_random *p = params;
    struct part part = loop_part(p->n, thread, threads);
    float *out = args[0];
    for (int64_t i = part.from; i < part.to; i++) {
        int32_t bits = (int32_t)(mix(p->start + (uint64_t)i) >> 40);
        out[i] = p->centre + p->scale * (float)(bits - 8388608);
    }
}
LOOP_VERSION(loop_random, sse2, )
LOOP_VERSION(loop_random, avx2, LOOP_TARGET_avx2)
LOOP_VERSION(loop_random, avx512, LOOP_TARGET_avx512)
static kernel_loop *const loop_random[] = {loop_random_sse2, loop_random_avx2, loop_random_avx512};

// `first`: number of the first element.
static void fill_range(void *p, size_t bytes, float centre, float amplitude, uint64_t seed,
                       int64_t first)
{
    const struct loop_random params = {
        .n = (int64_t)(bytes / sizeof(float)),
        .start = mix(seed) + (uint64_t)first,
        .centre = centre,
        .scale = amplitude / 8388608.0f,
    };
    kernel_loop *run = loop_random[loop_isa_of(isa_name(dnnl_get_effective_cpu_isa()))];
#pragma omp parallel
    run(&params, &p, omp_get_thread_num(), omp_get_num_threads());
}

void data_fill(void *p, size_t bytes, float amplitude, uint64_t seed)
{
    fill_range(p, bytes, 0, amplitude, seed, 0);
}

// Elements of another real type are rounded from floats.
static void fill_reals(enum type type, void *p, size_t bytes, struct value_range range,
                       uint64_t seed)
{
    if (type == TYPE_f32) {
        fill_range(p, bytes, range.centre, range.amplitude, seed, 0);
        return;
    }
    size_t n = bytes / type_bytes(type);
    float *x = xmalloc(n * sizeof *x);
    fill_range(x, n * sizeof *x, range.centre, range.amplitude, seed, 0);
    for (size_t i = 0; i < n; i++)
        number_write(type, p, (int64_t)i, (long double)x[i]);
    free(x);
}

static bool is_recurrent(enum op op)
{
    return op == OP_LSTM || op == OP_GRU || op == OP_RNN;
}

// Products with source `src` summed for one element of the result.
static int64_t fan_in(const struct graph *g, const struct node *n, int src)
{
    const struct tensor *w = &g->values[n->src[src]].t;
    int rank = w->rank;
    if (n->op == OP_Conv)
        return dims_count(w->dims, 1, rank);
    if (n->op == OP_ConvTranspose) // of a stride of 1; larger ones leave out elements of the kernel
        return w->dims[0] / node_int(n, ATTR_group, 1) * dims_count(w->dims, 2, rank);
    if (is_recurrent(n->op))
        return w->dims[2];
    bool transposed = node_int(n, ATTR_transB, 0) != 0;
    return rank < 2 ? w->dims[0] : w->dims[transposed ? rank - 1 : rank - 2];
}

static bool halves_variance(const struct node *n)
{
    for (int i = 0; i < n->n_posts; i++)
        if (n->posts[i].op == OP_Relu || n->posts[i].op == OP_Clip)
            return true;
    return false;
}

// Amplitude that keeps the variance of the activations from step to step, for weight source `src`
// of a node; 1 for other operands.
static float weight_amplitude(const struct graph *g, const struct node *n, int src)
{
    bool product = n->op == OP_Conv || n->op == OP_Gemm || n->op == OP_MatMul ||
                   n->op == OP_ConvTranspose || n->op == OP_FusedMatMul || is_recurrent(n->op);
    bool weights = src == 1 || (src == 2 && is_recurrent(n->op));
    if (!product || !weights || g->values[n->src[src]].t.rank < 1)
        return 1;
    int64_t terms = fan_in(g, n, src);
    float gain = halves_variance(n) ? 6 : 3;
    return sqrtf(gain / (float)(terms > 0 ? terms : 1));
}

static struct value_range operand_range(const struct graph *g, const struct node *n, int src)
{
    static const struct {
        enum op op;
        int src;
        struct value_range range;
    } table[] = {
        {OP_Conv, 2, {0, 0.1f}},
        {OP_ConvTranspose, 2, {0, 0.1f}},
        {OP_Gemm, 2, {0, 0.1f}},
        {OP_LSTM, 3, {0, 0.1f}},
        {OP_GRU, 3, {0, 0.1f}},
        {OP_RNN, 3, {0, 0.1f}},
        {OP_LayerNormalization, 1, {1, 0.5f}},
        {OP_LayerNormalization, 2, {0, 0.1f}},
        {OP_RMSNormalization, 1, {1, 0.5f}},
        {OP_InstanceNormalization, 1, {1, 0.5f}},
        {OP_InstanceNormalization, 2, {0, 0.1f}},
        {OP_GroupNormalization, 1, {1, 0.5f}},
        {OP_GroupNormalization, 2, {0, 0.1f}},
        {OP_BatchNormalization, 1, {1, 0.5f}}, // scale
        {OP_BatchNormalization, 2, {0, 0.1f}}, // shift
        {OP_BatchNormalization, 3, {0, 0.1f}}, // mean
        {OP_BatchNormalization, 4, {1, 0.5f}}, // variance
        {OP_Div, 1, {1, 0.5f}},
        {OP_Reciprocal, 0, {1, 0.5f}},
        {OP_Log, 0, {1, 0.5f}},
        {OP_Sqrt, 0, {1, 0.5f}},
        {OP_Pow, 0, {1, 0.5f}},
        {OP_Acosh, 0, {2, 0.5f}},
        {OP_Asin, 0, {0, 0.9f}},
        {OP_Acos, 0, {0, 0.9f}},
        {OP_Atanh, 0, {0, 0.9f}},
        {OP_ReduceLogSum, 0, {1, 0.5f}},
        {OP_ReduceProd, 0, {1, 0.1f}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].op == n->op && table[i].src == src)
            return table[i].range;
    return (struct value_range){0, weight_amplitude(g, n, src)};
}

// ---- whole numbers -------------------------------------------------------------------------

// Element i of an operand is one of the `count[i % n]` numbers from `least` on.
struct whole_range {
    int n;
    int64_t least, count[MAX_RANK];
};

static bool is_length_operand(enum op op, int src)
{
    return (is_recurrent(op) && src == 4) || (op == OP_ReverseSequence && src == 1);
}

static bool is_index_operand(enum op op, int src)
{
    bool second = op == OP_Gather || op == OP_GatherElements || op == OP_GatherND ||
                  op == OP_ScatterElements || op == OP_ScatterND;
    return (second && src == 1) || (op == OP_OneHot && src == 0) ||
           (op == OP_RoiAlign && src == 2) || is_length_operand(op, src);
}

static bool is_regions_operand(enum op op, int src)
{
    return op == OP_RoiAlign && src == 1;
}

// Exporters hand indices and lengths on through a Cast. The node and source that they go to; false
// if none.
static bool find_cast_indices(const struct graph *g, const struct node *cast, int *node, int *src)
{
    for (int i = 0; cast->op == OP_Cast && i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int from = g->nodes[i].src[k];
            if (from == NONE || !is_index_operand(g->nodes[i].op, k) ||
                graph_storage(g, from) != graph_storage(g, cast->dst[0]))
                continue;
            *node = i;
            *src = k;
            return true;
        }
    return false;
}

static bool is_index_source(const struct graph *g, const struct node *n, int src)
{
    int node, user_src;
    return is_index_operand(n->op, src) || is_regions_operand(n->op, src) ||
           find_cast_indices(g, n, &node, &user_src);
}

static struct whole_range tuple_range(const struct tensor *data, const struct tensor *indices,
                                      int64_t batch)
{
    struct whole_range r = {.n = (int)indices->dims[indices->rank - 1]};
    for (int d = 0; d < r.n; d++)
        r.count[d] = data->dims[batch + d];
    return r;
}

static struct whole_range index_range(const struct graph *g, const struct node *n)
{
    const struct tensor *data = &g->values[n->src[0]].t;
    const struct tensor *along = n->op == OP_OneHot ? &g->values[n->dst[0]].t : data;
    if (n->op == OP_GatherND || n->op == OP_ScatterND)
        return tuple_range(data, &g->values[n->src[1]].t, node_int(n, ATTR_batch_dims, 0));
    int64_t axis = node_int(n, ATTR_axis, n->op == OP_OneHot ? -1 : 0);
    return (struct whole_range){1, 0, {along->dims[axis < 0 ? axis + along->rank : axis]}};
}

// Sequences are as long as the data, as they are where nobody asks for lengths; those that are
// reversed are of any length.
static struct whole_range length_range(const struct graph *g, const struct node *n)
{
    const struct tensor *data = &g->values[n->src[0]].t;
    int64_t steps = data->dims[node_int(n, ATTR_layout, 0) != 0];
    if (n->op == OP_ReverseSequence)
        return (struct whole_range){1, 1, {data->dims[node_int(n, ATTR_time_axis, 0)]}};
    return (struct whole_range){1, steps, {1}};
}

// Small numbers of both signs, but no divisor that is 0.
static struct whole_range whole_range_of(const struct graph *g, const struct node *n, int src)
{
    enum type type = g->values[n->src[src]].t.type;
    bool divisor = (n->op == OP_Div || n->op == OP_Mod) && src == 1;
    bool exponent = (n->op == OP_Pow || n->op == OP_BitShift) && src == 1;
    int user, user_src;
    if (find_cast_indices(g, n, &user, &user_src))
        return whole_range_of(g, &g->nodes[user], user_src);
    if (is_length_operand(n->op, src))
        return length_range(g, n);
    if (is_index_operand(n->op, src))
        return index_range(g, n);
    if (type == TYPE_boolean)
        return (struct whole_range){1, 0, {2}};
    if (divisor || exponent || type == TYPE_u8)
        return (struct whole_range){1, divisor, {4}};
    return (struct whole_range){1, -4, {9}};
}

static void fill_whole(void *p, enum type type, size_t bytes, const struct whole_range *r,
                       uint64_t seed)
{
    const uint64_t start = mix(seed);
    const int64_t n = (int64_t)(bytes / type_bytes(type));
    for (int64_t i = 0; i < n; i++)
        number_write(type, p, i,
                     r->least + (int64_t)(mix(start + (uint64_t)i) >> 1) % r->count[i % r->n]);
}

// Regions in their images, some two elements for each bin across, as proposals from a pyramid's
// levels have them.
static void fill_regions(const struct graph *g, const struct node *n, float *p, uint64_t seed)
{
    const uint64_t start = mix(seed);
    const struct tensor *image = &g->values[n->src[0]].t, *dst = &g->values[n->dst[0]].t;
    const float scale = node_float(n, ATTR_spatial_scale, 1);
    for (int64_t i = 0; i < 2 * dst->dims[0]; i++) {
        int d = i % 2 == 0 ? 3 : 2;
        float extent = (float)image->dims[d], size = fminf(1.9f * (float)dst->dims[d], extent);
        float part = (float)(mix(start + (uint64_t)i) >> 40) / 16777216;
        float *region = p + i / 2 * 4 + i % 2;
        region[0] = part * (extent - size) / scale;
        region[2] = region[0] + size / scale;
    }
}

void data_fill_operand(const struct graph *g, const struct node *n, int src, void *p, size_t bytes,
                       uint64_t seed)
{
    enum type type = g->values[n->src[src]].t.type;
    if (is_regions_operand(n->op, src) && type == TYPE_f32) {
        fill_regions(g, n, p, seed);
        return;
    }
    if (type_is_real(type) && !is_index_source(g, n, src)) {
        fill_reals(type, p, bytes, operand_range(g, n, src), seed);
        return;
    }
    struct whole_range range = whole_range_of(g, n, src);
    fill_whole(p, type, bytes, &range, seed);
}

void data_fill_slice(const struct graph *g, const struct node *n, int src, int64_t first, void *p,
                     size_t bytes, uint64_t seed)
{
    struct value_range range = operand_range(g, n, src);
    fill_range(p, bytes, range.centre, range.amplitude, seed, first);
}

bool data_find_index(const struct graph *g, int v, int *node, int *src)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int from = g->nodes[i].src[k];
            if (from == NONE || graph_storage(g, from) != v || !is_index_source(g, &g->nodes[i], k))
                continue;
            *node = i;
            *src = k;
            return true;
        }
    return false;
}

// ---- inputs --------------------------------------------------------------------------------

// What an element has to be: one of the numbers from `least` on and smaller than `below`, which is
// 0 if nobody takes it as an index.
struct limit {
    int64_t least, below;
};

// Of the elements of a value, one by one, or one limit for all of them.
struct limits {
    const struct graph *g;
    int64_t n; // 0: none of them is taken as an index
    struct limit *limit;
};

// More than that is not followed: one limit holds for all then.
static const int64_t MOST_FOLLOWED = (int64_t)1 << 24;

static struct limit limit_at(const struct limits *l, int64_t element)
{
    return l->limit[l->n == 1 ? 0 : element];
}

static void narrow_one(struct limits *l, int64_t at, int64_t least, int64_t count)
{
    struct limit *old = &l->limit[at];
    if (old->below == 0 || least + count < old->below)
        *old = (struct limit){least, least + count};
}

// The most narrow range holds where an element is used more than once.
static void narrow(void *context, const struct node *n, int src, int64_t count, const int64_t *from)
{
    struct limits *limits = context;
    struct whole_range range = whole_range_of(limits->g, n, src);
    for (int k = 0; count == 0 && k < range.n; k++)
        narrow_one(limits, 0, range.least, range.count[k]);
    for (int64_t i = 0; i < count; i++)
        if (from[i] != NONE)
            narrow_one(limits, from[i], range.least, range.count[i % range.n]);
}

static struct limits limits_of(const struct graph *g, int v)
{
    struct limits l = {.g = g};
    int64_t handled = indices_reach(g, v, is_index_operand, NULL, NULL);
    bool one_by_one = handled <= MOST_FOLLOWED;
    if (handled == 0)
        return l;
    l.n = one_by_one ? tensor_elements(&g->values[v].t) : 1;
    l.limit = xcalloc((size_t)l.n + 1, sizeof *l.limit);
    if (one_by_one)
        indices_follow(g, v, is_index_operand, narrow, &l);
    else
        indices_reach(g, v, is_index_operand, narrow, &l);
    return l;
}

void data_fill_indices(const struct graph *g, int v, void *p, uint64_t seed)
{
    const struct tensor *t = &g->values[v].t;
    struct limits limits = limits_of(g, v);
    const uint64_t start = mix(seed);
    for (int64_t i = 0; limits.n && i < tensor_elements(t); i++) {
        struct limit limit = limit_at(&limits, i);
        int64_t count = limit.below - limit.least;
        if (limit.below > 0)
            number_write(t->type, p, i,
                         limit.least + (int64_t)(mix(start + (uint64_t)i) >> 1) % count);
    }
    free(limits.limit);
}

void data_fill_input(const struct graph *g, int v, void *p, uint64_t seed)
{
    const struct tensor *t = &g->values[v].t;
    int node, src;
    if (type_is_real(t->type) && data_find_index(g, v, &node, &src)) // regions
        data_fill_operand(g, &g->nodes[node], src, p, tensor_bytes(t), seed);
    else if (type_is_real(t->type))
        fill_reals(t->type, p, tensor_bytes(t), (struct value_range){0, 1}, seed);
    data_fill_indices(g, v, p, seed);
}

int64_t data_indices_below(const struct graph *g, int v)
{
    struct limits limits = limits_of(g, v);
    int64_t below = 0;
    for (int64_t i = 0; i < limits.n; i++)
        if (limits.limit[i].below > 0 && (below == 0 || limits.limit[i].below < below))
            below = limits.limit[i].below;
    free(limits.limit);
    return below;
}
