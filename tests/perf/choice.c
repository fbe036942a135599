// Would it pay to choose implementations by their measured times? The engine takes the first that
// oneDNN offers (of depthwise convolutions its generated code, see runner/dnnl_describe.c), matmul
// before inner product, and the whole team for every step. This program runs
// whole models that way and with what else there is, and prints where another choice is better.
// usage: choice SUITE THREADS [MODEL]; MODEL is a part of the names of those that are run
//
// Every way is the whole model in memory of its own; steps are timed where they stand in it, so
// that caches and neighbours are what they are in use. The ways take turns. A step's best is chosen
// by half of the rounds and judged by the other half, else chance alone would beat any rule.
// OpenBLAS stands in for products, without the posts that it cannot fuse: it looks better than it
// is. Tiny steps run on the caller alone in a program that mixes both, compared as a whole.
#include <cblas.h>
#include <dlfcn.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/step.h"
#include "bricks/suite.h"
#include "bricks/work.h"
#include "runner/clock.h"
#include "runner/dnnl_compat.h"
#include "runner/program.h"

enum { N_ROUNDS = 4, MIN_RUNS = 4, MAX_RUNS = 30 };
static const double round_s = 0.05;
static const double clearly = 0.97;                       // of the rule's time: chosen instead
static const double tiny_bytes = 16e3, tiny_flops = 32e3; // of the steps that run alone

// ---- ways ----------------------------------------------------------------------------------

static const struct way {
    const char *name;
    const char *refused[4]; // implementations that begin so are not taken
    bool blas;
} ways[] = {
    {"rule", {0}, false},
    {"no brgemm convolution", {"brgconv", "brdgmm"}, false},
    {"brdgmm", {"jit_dw"}, false},
    {"no generated convolution", {"brgconv", "brdgmm", "jit"}, false},
    {"inner product", {"brg:"}, false},
    {"no brgemm product", {"brg:", "brgemm:"}, false},
    {"OpenBLAS", {0}, true},
};
enum { N_WAYS = sizeof ways / sizeof *ways };

static const struct way *current = ways;

static bool is_refused(const char *name)
{
    for (int i = 0; i < 4 && current->refused[i]; i++)
        if (strncmp(name, current->refused[i], strlen(current->refused[i])) == 0)
            return true;
    return false;
}

// Stands before oneDNN's: the engine passes over what is called "ref".
dnnl_status_t dnnl_primitive_desc_query(const_dnnl_primitive_desc_t desc, dnnl_query_t what,
                                        int index, void *result)
{
    static dnnl_status_t (*query)(const_dnnl_primitive_desc_t, dnnl_query_t, int, void *);
    if (!query)
        *(void **)&query = dlsym(RTLD_NEXT, "dnnl_primitive_desc_query");
    dnnl_status_t status = query(desc, what, index, result);
    if (status == dnnl_success && what == dnnl_query_impl_info_str && is_refused(*(char **)result))
        *(const char **)result = "ref:refused";
    return status;
}

// ---- one way of one model ------------------------------------------------------------------

// A product of a row-major matrix and a constant one; m is 0 for any other step.
struct product {
    int m, n, k;
    bool transposed;
    float *a, *b, *c;
};

struct trial {
    struct kernel_set *kernels;
    struct loaded_graph loaded;
    bool open;
    struct product *products; // per step; NULL: of no interest
    double *step_ns[N_ROUNDS];
};

static struct product product_of(const struct loaded_graph *l, const struct node *n)
{
    const struct graph *g = l->graph;
    const struct tensor *b = n->n_src > 1 && n->src[1] != NONE ? &g->values[n->src[1]].t : NULL;
    if ((n->op != OP_Gemm && n->op != OP_MatMul) || b->rank != 2 || b->type != TYPE_f32 ||
        !graph_is_weight(g, n->src[1]) || node_int(n, ATTR_transA, 0))
        return (struct product){0};
    const struct tensor *c = &g->values[n->dst[0]].t;
    bool transposed = node_int(n, ATTR_transB, 0) != 0;
    int columns = (int)b->dims[!transposed];
    return (struct product){
        .m = (int)(tensor_elements(c) / columns),
        .n = columns,
        .k = (int)b->dims[transposed],
        .transposed = transposed,
        .a = l->address[graph_storage(g, n->src[0])],
        .b = l->address[graph_storage(g, n->src[1])],
        .c = l->address[graph_storage(g, n->dst[0])],
    };
}

static void multiply(const struct product *p)
{
    CBLAS_TRANSPOSE b = p->transposed ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE vector = p->transposed ? CblasNoTrans : CblasTrans;
    int ldb = p->transposed ? p->k : p->n;
    if (p->m == 1)
        cblas_sgemv(CblasRowMajor, vector, p->transposed ? p->n : p->k, ldb, 1, p->b, ldb, p->a, 1,
                    0, p->c, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, b, p->m, p->n, p->k, 1, p->a, p->k, p->b, ldb, 0,
                    p->c, p->n);
}

static bool same_implementations(const struct program *a, const struct program *b)
{
    for (int i = 0; i < a->n_steps; i++)
        if (strcmp(a->steps[i].kernel->implementation, b->steps[i].kernel->implementation) != 0)
            return false;
    return true;
}

static void trial_release(struct trial *t)
{
    if (t->open)
        loaded_graph_release(&t->loaded);
    kernel_set_free(t->kernels);
    for (int r = 0; r < N_ROUNDS; r++)
        free(t->step_ns[r]);
    free(t->products);
    *t = (struct trial){0};
}

// A way that cannot run the model, or runs it as the rule does, stays closed.
static void trial_open(struct trial *t, int way, const struct trial *rule,
                       const struct engine *engine, const struct graph *g)
{
    struct error err = {0};
    current = &ways[way];
    t->kernels = kernel_set_new(engine);
    t->open = loaded_graph_init(&t->loaded, engine, t->kernels, g, &err) == 0;
    current = ways;
    if (!t->open)
        return;
    for (int r = 0; r < N_ROUNDS; r++)
        t->step_ns[r] = xcalloc((size_t)g->n_nodes, sizeof(double));
    if (ways[way].blas) {
        t->products = xcalloc((size_t)g->n_nodes, sizeof *t->products);
        for (int i = 0; i < g->n_nodes; i++)
            t->products[i] = product_of(&t->loaded, &g->nodes[i]);
    } else if (t != rule && same_implementations(&t->loaded.program, &rule->loaded.program)) {
        trial_release(t);
    }
}

static bool differs(const struct trial *t, const struct trial *rule, int step)
{
    const struct program *a = &t->loaded.program, *b = &rule->loaded.program;
    if (t->products)
        return t->products[step].m > 0;
    return strcmp(a->steps[step].kernel->implementation, b->steps[step].kernel->implementation) !=
           0;
}

// ---- timing --------------------------------------------------------------------------------

static double now_ns(void)
{
    return (double)clock_now(&clock_monotonic);
}

static double run_steps(const struct trial *t, double *time_ns)
{
    double sum = 0;
    for (int i = 0; i < t->loaded.program.n_steps; i++) {
        double start = now_ns();
        if (t->products && t->products[i].m)
            multiply(&t->products[i]);
        else
            program_run_steps(&t->loaded.program, i, i + 1);
        sum += time_ns[i] = now_ns() - start;
    }
    return sum;
}

// The median of each step over the runs of one round, the first of which is discarded.
static void time_round(struct trial *t, int round)
{
    int n = t->loaded.program.n_steps, runs = 0;
    double *times = xcalloc((size_t)(n * MAX_RUNS), sizeof *times), column[MAX_RUNS];
    run_steps(t, times);
    for (double sum = 0; runs < MAX_RUNS && (runs < MIN_RUNS || sum < round_s * 1e9); runs++)
        sum += run_steps(t, times + runs * n);
    for (int i = 0; i < n; i++) {
        for (int r = 0; r < runs; r++)
            column[r] = times[r * n + i];
        t->step_ns[round][i] = median(column, runs);
    }
    free(times);
}

// Of the outer rounds or of the inner ones.
static double half(const struct trial *t, int step, bool inner)
{
    double times[N_ROUNDS];
    int n = 0;
    for (int r = 0; r < N_ROUNDS; r++)
        if ((r > 0 && r < N_ROUNDS - 1) == inner)
            times[n++] = t->step_ns[r][step];
    return median(times, n);
}

static const struct trial *best_of(const struct trial *trials, int step)
{
    const struct trial *best = trials;
    for (int w = 1; w < N_WAYS; w++) {
        double limit =
            best == trials ? clearly * half(trials, step, false) : half(best, step, false);
        if (trials[w].open && differs(&trials[w], trials, step) &&
            half(&trials[w], step, false) < limit)
            best = &trials[w];
    }
    return best;
}

static void print_step(const struct graph *g, int step, const struct trial *trials,
                       const struct trial *best)
{
    const struct node *n = &g->nodes[step];
    struct str shapes = STR_INIT;
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE) {
            tensor_print(&g->values[n->src[k]].t, &shapes);
            str_add(&shapes, " ");
        }
    printf("  %-8s %-28s %10.1f us   %-24s %10.1f us   %s\n", op_info(n->op)->name,
           trials->loaded.program.steps[step].kernel->implementation,
           half(trials, step, true) * 1e-3,
           best->products ? "OpenBLAS" : best->loaded.program.steps[step].kernel->implementation,
           half(best, step, true) * 1e-3, shapes.text);
    str_release(&shapes);
}

// What each way does to the steps that it runs otherwise, all together.
static void print_ways(const struct trial *trials, int n_steps)
{
    for (int w = 1; w < N_WAYS; w++) {
        double rule_ns = 0, way_ns = 0;
        int n = 0;
        for (int i = 0; trials[w].open && i < n_steps; i++)
            if (differs(&trials[w], trials, i)) {
                rule_ns += half(trials, i, true);
                way_ns += half(&trials[w], i, true);
                n++;
            }
        if (n > 0)
            printf("  %-24s for all it can run: %3d steps, %10.1f us %+7.2f %%\n", ways[w].name, n,
                   rule_ns * 1e-3, 100 * (way_ns / rule_ns - 1));
    }
}

// Time of the best choice over that of the rule.
static double best_implementations(struct trial *trials, const struct graph *g)
{
    double rule_ns = 0, best_ns = 0;
    for (int r = 0; r < N_ROUNDS; r++)
        for (int k = 0; k < N_WAYS; k++) {
            struct trial *t = &trials[r % 2 ? N_WAYS - 1 - k : k];
            if (t->open)
                time_round(t, r);
        }
    for (int i = 0; i < g->n_nodes; i++) {
        const struct trial *best = best_of(trials, i);
        rule_ns += half(trials, i, true);
        best_ns += half(best, i, true);
        if (best != trials)
            print_step(g, i, trials, best);
    }
    print_ways(trials, g->n_nodes);
    return best_ns / rule_ns;
}

// ---- one thread for tiny steps -------------------------------------------------------------

struct mixed {
    struct program program;
    struct kernel_set *alone; // kernels for one thread
    bool *is_alone;           // per step
    int n_alone;
};

static bool tiny(const struct graph *g, const struct node *n)
{
    struct work work = work_node(g, n);
    return work.bytes < tiny_bytes && work.flops < tiny_flops;
}

static bool same_weights(const struct kernel *a, const struct kernel *b)
{
    for (int i = 0; i < a->n_weights; i++)
        if (!kernel_weight_same(&a->weights[i], &b->weights[i]))
            return false;
    return true;
}

// The rule's program once more, over the same memory.
static int mixed_init(struct mixed *m, const struct trial *rule, struct error *err)
{
    const struct engine *engine = rule->loaded.program.engine;
    const struct graph *g = rule->loaded.graph;
    program_init(&m->program, engine);
    m->alone = kernel_set_new(engine);
    m->is_alone = xcalloc((size_t)g->n_nodes, sizeof *m->is_alone);
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        omp_set_num_threads(1);
        const struct kernel *k = tiny(g, n) ? kernel_set_get(m->alone, g, n, err) : NULL;
        omp_set_num_threads(engine->threads);
        m->is_alone[i] = k && same_weights(k, rule->loaded.program.steps[i].kernel);
        m->n_alone += m->is_alone[i];
        if (!m->is_alone[i])
            k = rule->loaded.program.steps[i].kernel;
        if (program_append_node(&m->program, k, g, n, rule->loaded.address, err))
            return -1;
    }
    return program_finish(&m->program, err);
}

static void mixed_release(struct mixed *m)
{
    program_release(&m->program);
    kernel_set_free(m->alone);
    free(m->is_alone);
}

static void run_mixed(const struct mixed *m, int threads)
{
    for (int i = 0; i < m->program.n_steps; i++) {
        if (m->is_alone[i])
            omp_set_num_threads(1);
        program_run_steps(&m->program, i, i + 1);
        if (m->is_alone[i])
            omp_set_num_threads(threads);
    }
}

// Median of whole runs; a mixed program or, where that is NULL, the rule's.
static double time_whole(const struct trial *rule, const struct mixed *m)
{
    const struct engine *engine = rule->loaded.program.engine;
    double times[1000], sum = 0;
    int n = -1; // the first is discarded
    for (; n < 1000 && (n < MIN_RUNS || sum < round_s * 1e9); n++) {
        double start = now_ns();
        if (m)
            run_mixed(m, engine->threads);
        else
            program_run(&rule->loaded.program);
        if (n >= 0)
            sum += times[n] = now_ns() - start;
    }
    return median(times, n);
}

static double tiny_alone(const struct trial *rule, int *n_alone, struct error *err)
{
    struct mixed m = {0};
    double ratios[2 * N_ROUNDS];
    if (mixed_init(&m, rule, err) == 0)
        for (int r = 0; r < 2 * N_ROUNDS; r++) {
            double first = time_whole(rule, r % 2 ? &m : NULL);
            double second = time_whole(rule, r % 2 ? NULL : &m);
            ratios[r] = r % 2 ? first / second : second / first;
        }
    *n_alone = m.n_alone;
    mixed_release(&m);
    return err->text[0] ? NAN : median(ratios, 2 * N_ROUNDS);
}

// ---- models --------------------------------------------------------------------------------

static int compare_model(const struct suite *s, const struct model *m, const struct engine *engine,
                         struct error *err)
{
    struct trial trials[N_WAYS] = {0};
    struct graph *g = suite_model_graph(s, m);
    int n_alone = 0;
    for (int w = 0; w < N_WAYS; w++)
        trial_open(&trials[w], w, trials, engine, g);
    if (trials->open) {
        double chosen = best_implementations(trials, g);
        double alone = tiny_alone(trials, &n_alone, err);
        printf("%-28s %10.3f ms   best of all %+6.2f %%   %3d steps alone %+6.2f %%\n", m->name,
               time_whole(trials, NULL) * 1e-6, 100 * (chosen - 1), n_alone, 100 * (alone - 1));
        fflush(stdout);
    } else {
        fail(err, "%s cannot be run", m->name);
    }
    for (int w = 0; w < N_WAYS; w++)
        trial_release(&trials[w]);
    graph_release(g);
    free(g);
    return err->text[0] ? -1 : 0;
}

static int compare(const struct suite *s, int threads, const char *part, struct error *err)
{
    struct engine engine;
    struct engine_options options = {.threads = threads};
    if (engine_init(&engine, &options, "choice", err))
        return -1;
    int status = 0;
    for (int i = 0; i < s->n_models && !status; i++)
        if (strstr(s->models[i].name, part))
            status = compare_model(s, &s->models[i], &engine, err);
    engine_release(&engine);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: choice SUITE THREADS [MODEL]\n");
        return 2;
    }
    if (engine_prepare_process(&(struct engine_options){0}))
        execv("/proc/self/exe", argv);
    suite_init(&s, 1);
    int status =
        suite_load(&s, argv[1], &err) || compare(&s, atoi(argv[2]), argc > 3 ? argv[3] : "", &err);
    if (status)
        fprintf(stderr, "choice: %s\n", err.text);
    suite_release(&s);
    return status ? 1 : 0;
}
