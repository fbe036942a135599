#include "runner/surrogate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/canon.h"
#include "bricks/work.h"
#include "runner/data.h"

// The entry of a weight, added if there is none.
static struct piece_weight *find_weight(struct piece *p, int value)
{
    for (int i = 0; i < p->n_weights; i++)
        if (p->weights[i].value == value)
            return &p->weights[i];
    p->weights[p->n_weights] = (struct piece_weight){.value = value};
    return &p->weights[p->n_weights++];
}

// Lists the node's weights in packed size and notes what runs it.
static void add_kernel(struct piece *p, int node, const struct kernel *k)
{
    const struct node *n = &p->graph->nodes[node];
    for (int src = 0; src < n->n_src; src++) {
        int v = n->src[src];
        if (v == NONE || !graph_is_weight(p->graph, v))
            continue;
        v = graph_storage(p->graph, v);
        struct piece_weight *weight = find_weight(p, v);
        const struct kernel *packer = kernel_weight_is_opaque(&k->weights[src]) ? k : NULL;
        double read_bytes = weight->read_bytes + work_bytes_read(p->graph, n, src);
        if (k->weights[src].bytes > weight->bytes) // steps that share a weight share its room
            *weight = (struct piece_weight){v, node, src, k->weights[src].bytes, 0, packer, false};
        weight->read_bytes = read_bytes;
    }
    name_append(p->implementation, sizeof p->implementation, node ? " | " : "");
    name_append(p->implementation, sizeof p->implementation, k->implementation);
}

// The first node that reads v, or a view of it, as its source *src.
static int first_reader(const struct graph *g, int v, int *src)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (*src = 0; *src < g->nodes[i].n_src; ++*src) {
            int from = g->nodes[i].src[*src];
            if (from != NONE && graph_storage(g, from) == v)
                return i;
        }
    return NONE;
}

// Indices cannot be what another step has left: they are filled like weights.
static void add_indices(struct piece *p)
{
    const struct graph *g = p->graph;
    for (int k = 0; k < g->n_inputs; k++) {
        int node, src, v = g->inputs[k];
        size_t bytes = tensor_bytes(&g->values[v].t);
        bool direct = data_find_index(g, v, &node, &src);
        if (!direct && data_indices_below(g, v) == 0)
            continue;
        if (!direct)
            node = first_reader(g, v, &src);
        *find_weight(p, v) =
            (struct piece_weight){v, node, src, bytes, (double)bytes, NULL, !direct};
    }
}

static bool is_table(const struct piece *p, const struct piece_weight *w)
{
    return w->read_bytes < (double)w->bytes && !w->packer &&
           p->graph->values[w->value].t.type == TYPE_f32;
}

static void count_bytes(struct piece *p)
{
    for (const struct piece_weight *w = p->weights; w < p->weights + p->n_weights; w++)
        if (!is_table(p, w)) {
            p->weight_bytes += plan_aligned(w->bytes);
        } else {
            p->row_bytes += plan_aligned((size_t)w->read_bytes);
            p->table_bytes = w->bytes > p->table_bytes ? w->bytes : p->table_bytes;
        }
}

int piece_init(struct piece *p, struct kernel_set *kernels, const struct graph *brick,
               struct error *err)
{
    *p = (struct piece){.graph = brick, .kernels = kernels};
    p->weights = xcalloc((size_t)brick->n_values, sizeof *p->weights);
    for (int i = 0; i < brick->n_nodes; i++) {
        const struct kernel *k = kernel_set_get(kernels, brick, &brick->nodes[i], err);
        if (!k)
            return -1;
        add_kernel(p, i, k);
    }
    add_indices(p);
    count_bytes(p);
    return 0;
}

void piece_release(struct piece *p)
{
    free(p->weights);
    *p = (struct piece){0};
}

int workspace_init(struct workspace *w, size_t ring_bytes, size_t arena_bytes, size_t table_bytes,
                   struct error *err)
{
    *w = (struct workspace){.ring_bytes = ring_bytes,
                            .arena_bytes = arena_bytes,
                            .table_bytes = table_bytes,
                            .seed = 1};
    w->ring = pages_alloc(w->ring_bytes, err);
    w->arena = pages_alloc(w->arena_bytes, err);
    w->tables = pages_alloc(w->table_bytes, err);
    if (!w->ring || !w->arena || !w->tables)
        return -1;
    data_fill(w->tables, w->table_bytes, 1, w->seed);
    data_fill(w->arena, w->arena_bytes, 1, w->seed);
    return 0;
}

void workspace_release(struct workspace *w)
{
    pages_free(w->ring, w->ring_bytes);
    pages_free(w->arena, w->arena_bytes);
    pages_free(w->tables, w->table_bytes);
    *w = (struct workspace){0};
}

static char *ring_take(struct workspace *w, size_t bytes)
{
    if (bytes > w->ring_bytes)
        BUG("a surrogate model is larger than its memory");
    if (w->ring_at + bytes > w->ring_bytes)
        w->ring_at = 0;
    char *p = w->ring + w->ring_at;
    w->ring_at += bytes;
    return p;
}

// Anywhere among the tables: what two of them read is in different places, most likely.
static char *table_take(struct workspace *w, size_t bytes)
{
    uint64_t state = w->seed++;
    size_t free_lines = (w->table_bytes - bytes) / PLAN_ALIGN;
    int most = free_lines < INT_MAX ? (int)free_lines : INT_MAX - 1;
    return w->tables + (size_t)random_below(&state, most + 1) * PLAN_ALIGN;
}

static const struct node *node_of(const struct placement *p, int node)
{
    return &p->chain->graph->nodes[p->chain->first_node[p->at] + node];
}

// A weight's value in the model.
static int value_of(const struct placement *p, const struct piece_weight *w)
{
    return graph_storage(p->chain->graph, node_of(p, w->node)->src[w->src]);
}

static int fill_packed(const struct engine *engine, const struct placement *p,
                       const struct piece_weight *weight, char *at, uint64_t seed,
                       struct error *err)
{
    const struct graph *g = p->chain->graph;
    size_t bytes = tensor_bytes(&g->values[value_of(p, weight)].t);
    size_t room = kernel_pack_room(engine, &weight->packer->weights[weight->src]);
    char *plain = xmalloc(plan_aligned(bytes) + room);
    data_fill_operand(g, node_of(p, weight->node), weight->src, plain, bytes, seed);
    int status = kernel_pack(engine, weight->packer, weight->src, plain, at,
                             plain + plan_aligned(bytes), err);
    free(plain);
    return status;
}

static void fill_plain(const struct placement *p, const struct piece_weight *weight, char *at,
                       uint64_t seed)
{
    const struct graph *g = p->chain->graph;
    data_fill_operand(g, node_of(p, weight->node), weight->src, at, weight->bytes, seed);
    if (weight->moved)
        data_fill_indices(g, value_of(p, weight), at, seed);
}

static int bind_weights(const struct engine *engine, const struct placement *p, struct workspace *w,
                        void **address, struct error *err)
{
    for (int i = 0; i < p->piece->n_weights; i++) {
        const struct piece_weight *weight = &p->piece->weights[i];
        if (is_table(p->piece, weight)) {
            address[value_of(p, weight)] = table_take(w, weight->bytes);
            continue;
        }
        char *at = ring_take(w, plan_aligned(weight->bytes));
        uint64_t seed = w->seed++;
        if (!weight->packer)
            fill_plain(p, weight, at, seed);
        else if (fill_packed(engine, p, weight, at, seed, err))
            return -1;
        address[value_of(p, weight)] = at;
    }
    return 0;
}

// Activations lie where the model's own plan has them.
static void *planned(const struct workspace *w, const struct chain *c, int v)
{
    return c->plan->offset[v] == SIZE_MAX ? NULL : w->arena + c->plan->offset[v];
}

static void **planned_addresses(const struct workspace *w, const struct chain *c)
{
    void **address = xcalloc((size_t)c->graph->n_values, sizeof *address);
    for (int v = 0; v < c->graph->n_values; v++)
        address[v] = c->graph->values[v].view_of == NONE ? planned(w, c, v) : NULL;
    return address;
}

static int append_node(struct surrogate *s, const struct placement *p, const struct node *n,
                       void *const *address, struct error *err)
{
    const struct kernel *k = kernel_set_get(p->piece->kernels, p->chain->graph, n, err);
    return k ? program_append_node(&s->program, k, p->chain->graph, n, address, err) : -1;
}

static int bind_position(struct surrogate *s, struct workspace *w, const struct placement *p,
                         void **address, struct position *position, struct error *err)
{
    int n_nodes = p->piece->graph->n_nodes;
    if (bind_weights(s->program.engine, p, w, address, err))
        return -1;
    position->slow = p->slow;
    position->first_step = s->program.n_steps;
    for (int i = 0; i < n_nodes; i++)
        if (append_node(s, p, node_of(p, i), address, err))
            return -1;
    position->end_step = s->program.n_steps;
    for (int i = 0; i < p->piece->n_weights; i++) { // indices have a place of their own
        int v = value_of(p, &p->piece->weights[i]);
        address[v] = planned(w, p->chain, v);
    }
    return 0;
}

// Sources of float type change their sign, all others are written as they are.
static void add_rewrite(struct surrogate *s, void *p, const struct tensor *t, uint64_t seed)
{
    size_t bytes = tensor_bytes(t);
    uint32_t flip = t->type == TYPE_f32 ? UINT32_C(1) << 31 : 0;
    if (flip)
        data_fill(p, bytes, 1, seed);
    grow(&s->rewrites, &s->rewrites_capacity, s->n_rewrites + 1, sizeof *s->rewrites);
    s->rewrites[s->n_rewrites++] = (struct rewrite){p, bytes, flip};
}

// A model's inputs stay as they are from run to run. What reads nothing but inputs (a brick alone,
// the pool of an anonymous suite) says nothing of its models: there they stand for other results.
static bool stays(const struct chain *c, int v)
{
    return !c->isolated && c->graph->values[v].kind == VALUE_input;
}

// Lists what the steps of a position read and nothing in its fragment has written; there marks what
// is listed or written.
static void list_unwritten(struct surrogate *s, const struct placement *p, void *const *address,
                           bool *there)
{
    const struct graph *g = p->chain->graph;
    for (int i = 0; i < p->piece->graph->n_nodes; i++) {
        const struct node *n = node_of(p, i);
        for (int k = 0; k < n->n_src; k++) {
            int v = n->src[k] == NONE ? NONE : graph_storage(g, n->src[k]);
            if (v == NONE || there[v] || !address[v] || stays(p->chain, v))
                continue;
            add_rewrite(s, address[v], &g->values[v].t, (uint64_t)v);
            there[v] = true;
        }
        for (int k = 0; k < n->n_dst; k++)
            if (n->dst[k] != NONE)
                there[n->dst[k]] = true;
    }
}

static bool reads_from(const struct graph *g, const struct node *n, const void *place,
                       void *const *address)
{
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && address[graph_storage(g, n->src[k])] == place)
            return true;
    return false;
}

// Lists the results of a brick alone. In a model their places were in use a few steps before; here
// nothing would have touched them since the last pass, and a concat of 8 us would take 16.
static void list_results(struct surrogate *s, const struct placement *p, void *const *address)
{
    const struct graph *g = p->chain->graph;
    for (int i = 0; i < p->piece->graph->n_nodes; i++) {
        const struct node *n = node_of(p, i);
        for (int k = 0; k < n->n_dst; k++) {
            int v = n->dst[k];
            if (v != NONE && address[v] && !reads_from(g, n, address[v], address))
                add_rewrite(s, address[v], &g->values[v].t, (uint64_t)v);
        }
    }
}

static void plan_rewrites(struct surrogate *s, int n, const struct placement *placements,
                          void *const *address, struct position *first)
{
    bool *there = xcalloc((size_t)placements->chain->graph->n_values, sizeof *there);
    first->first_rewrite = s->n_rewrites;
    for (int i = 0; i < n; i++)
        list_unwritten(s, &placements[i], address, there);
    for (int i = 0; i < n && placements->chain->isolated; i++) // written before the sources
        list_results(s, &placements[i], address);
    first->end_rewrite = s->n_rewrites;
    free(there);
}

static int bind_fragment(struct surrogate *s, struct workspace *w, int n,
                         const struct placement *placements, struct position *positions,
                         struct error *err)
{
    int status = 0;
    void **address = planned_addresses(w, placements->chain);
    plan_rewrites(s, n, placements, address, positions);
    for (int i = 0; i < n && status == 0; i++)
        status = bind_position(s, w, &placements[i], address, &positions[i], err);
    free(address);
    return status;
}

enum { PAGE = 4096 };

// Marks the pages of an activation; returns how many were not marked before.
static size_t mark_pages(bool *pages, const struct chain *c, int v)
{
    size_t marked = 0;
    v = v == NONE ? NONE : graph_storage(c->graph, v);
    if (v == NONE || c->plan->offset[v] == SIZE_MAX)
        return 0;
    size_t bytes = tensor_bytes(&c->graph->values[v].t);
    size_t first = c->plan->offset[v] / PAGE, end = (c->plan->offset[v] + bytes + PAGE - 1) / PAGE;
    for (size_t page = first; page < end; page++) {
        marked += !pages[page];
        pages[page] = true;
    }
    return marked;
}

// Bytes of the arena that the positions touch.
static size_t touched_bytes(int n, const struct placement *placements)
{
    const struct chain *c = placements->chain;
    bool *pages = xcalloc(c->plan->arena_bytes / PAGE + 1, sizeof *pages);
    size_t touched = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < placements[i].piece->graph->n_nodes; k++) {
            const struct node *node = node_of(&placements[i], k);
            for (int src = 0; src < node->n_src; src++)
                touched += mark_pages(pages, c, node->src[src]);
            for (int dst = 0; dst < node->n_dst; dst++)
                touched += mark_pages(pages, c, node->dst[dst]);
        }
    free(pages);
    return touched * PAGE;
}

// What the positions lack of so many bytes.
static size_t rest_of(double bytes, int n, const struct placement *placements)
{
    for (int i = 0; i < n; i++)
        bytes -= (double)(placements[i].piece->weight_bytes + placements[i].piece->row_bytes);
    bytes -= (double)touched_bytes(n, placements);
    return bytes > 0 ? plan_aligned((size_t)bytes) : 0;
}

int surrogate_init(struct surrogate *s, const struct engine *engine, struct workspace *w, int n,
                   const struct placement *placements, double bytes, struct error *err)
{
    *s = (struct surrogate){.n = n, .positions = xcalloc((size_t)n, sizeof *s->positions)};
    program_init(&s->program, engine);
    for (int first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && !placements[end].starts; end++)
            ;
        if (bind_fragment(s, w, end - first, placements + first, s->positions + first, err))
            return -1;
    }
    size_t rest = rest_of(bytes, n, placements);
    s->rest = (struct rewrite){ring_take(w, rest), rest, 0};
    return program_finish(&s->program, NULL, err);
}

void surrogate_release(struct surrogate *s)
{
    program_release(&s->program);
    free(s->positions);
    free(s->rewrites);
    *s = (struct surrogate){0};
}

// Each thread writes one contiguous part, as primitives divide their results: most of what a
// thread will read is then its own. Written in turns of 256 bytes, half of the source would be in
// the other core's cache, and SqueezeNet and MobileNet v2 would be predicted 10 and 6 % too slow at
// times when the two cores are far from each other (0 and 2 % so).
static void rewrite(const struct rewrite *r)
{
    uint32_t *x = r->p;
    const uint32_t flip = r->flip;
    long n = (long)(r->bytes / sizeof *x);
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        x[i] ^= flip;
}

static volatile float sink; // so that no read is left out

static void read_over(const struct rewrite *r)
{
    enum { LINE = 64 / sizeof(float) };
    const float *x = r->p;
    long n = (long)(r->bytes / sizeof *x);
    float sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
    for (long i = 0; i < n; i += LINE)
        sum += x[i];
    sink = sum;
}

static void rewrite_for(const struct surrogate *s, const struct position *p)
{
    // what is needed first was written last
    for (int k = p->end_rewrite; k-- > p->first_rewrite;)
        rewrite(&s->rewrites[k]);
}

static double run_position(const struct surrogate *s, const struct position *p,
                           const struct clock *clock)
{
    uint64_t start = clock_now(clock);
    program_run_steps(&s->program, p->first_step, p->end_step);
    return (double)(clock_now(clock) - start);
}

void surrogate_pass(const struct surrogate *s, const struct clock *clock, double *time_ns)
{
    if (s->rest.bytes)
        read_over(&s->rest);
    for (int i = 0; i < s->n; i++) {
        rewrite_for(s, &s->positions[i]);
        time_ns[i] = run_position(s, &s->positions[i], clock);
    }
}

void surrogate_warm(const struct surrogate *s)
{
    if (s->rest.bytes)
        read_over(&s->rest);
    for (const struct position *p = s->positions; p < s->positions + s->n; p++) {
        rewrite_for(s, p);
        if (!p->slow)
            program_run_steps(&s->program, p->first_step, p->end_step);
    }
}

double surrogate_hot(const struct surrogate *s, const struct clock *clock)
{
    return run_position(s, &s->positions[0], clock);
}
