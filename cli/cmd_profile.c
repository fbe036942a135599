// dlbricks profile: runs one whole model; its latency and the time of each step.
#include <stdlib.h>

#include "base/statistics.h"
#include "bricks/work.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/session.h"
#include "cli/table.h"
#include "runner/visit.h"

enum { N_VISITS = 5, N_STEP_RUNS = 20 };
static const double visit_s = 0.2;

static const struct column latency_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},   {"p50_ns", "p50 ms", COLUMN_real, 1e-6, 3},
    {"low_ns", "low", COLUMN_real, 1e-6, 3}, {"high_ns", "high", COLUMN_real, 1e-6, 3},
    {"p90_ns", "p90", COLUMN_real, 1e-6, 3}, {"p99_ns", "p99", COLUMN_real, 1e-6, 3},
    {"min_ns", "min", COLUMN_real, 1e-6, 3}, {"noise", "noise %", COLUMN_real, 100, 1},
    {"runs", "runs", COLUMN_count, 0, 0},    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},
};

static const struct column step_columns[] = {
    {"step", "step", COLUMN_count, 0, 0},
    {"operator", "operator", COLUMN_text, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},
    {"share", "share %", COLUMN_real, 100, 1},
    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},
    {"gbps", "GB/s", COLUMN_real, 0, 1},
    {"implementation", "implementation", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_text, 0, 0},
};

static void add_latency(struct table *t, const struct model *m, const struct graph *g,
                        struct visits *v)
{
    double noise = visits_noise(v, band_all());
    sort_doubles(v->time_ns, v->n);
    struct interval p50 = median_interval(v->time_ns, v->n);
    table_text(t, m->name);
    table_real(t, p50.value);
    table_real(t, p50.low);
    table_real(t, p50.high);
    table_real(t, quantile_sorted(v->time_ns, v->n, 0.9));
    table_real(t, quantile_sorted(v->time_ns, v->n, 0.99));
    table_real(t, v->time_ns[0]);
    table_real(t, noise);
    table_count(t, v->n);
    table_real(t, work_graph(g).flops / p50.value);
}

static void add_step(struct table *t, const struct graph *g, int i, double time_ns, double all_ns,
                     const struct kernel *k)
{
    const struct node *n = &g->nodes[i];
    struct work work = work_node(g, n);
    struct str layers = STR_INIT;
    for (int j = 0; j < n->n_layers; j++)
        str_addf(&layers, j ? "+%s" : "%s", n->layers[j]);
    table_count(t, i);
    table_text(t, op_info(n->op)->name);
    table_real(t, time_ns);
    table_real(t, time_ns / all_ns);
    table_real(t, work.flops / time_ns);
    table_real(t, work.bytes / time_ns);
    table_text(t, k->implementation);
    table_text(t, layers.text);
    str_release(&layers);
}

static void add_steps(struct table *t, const struct graph *g, const struct loaded_graph *l)
{
    double *times = xcalloc((size_t)g->n_nodes, sizeof *times), all_ns = 0;
    visit_steps(l, &clock_monotonic, N_STEP_RUNS, times);
    for (int i = 0; i < g->n_nodes; i++)
        all_ns += times[i];
    for (int i = 0; i < g->n_nodes; i++)
        add_step(t, g, i, times[i], all_ns, l->program.steps[i].kernel);
    free(times);
}

static void print_profile(const struct model *m, const struct graph *g,
                          const struct loaded_graph *l, const struct options *o)
{
    struct visits visits = {0};
    struct table latency, steps;
    table_init(&latency, COLUMNS(latency_columns));
    table_init(&steps, COLUMNS(step_columns));
    for (int i = 0; i < N_VISITS; i++)
        visit_model(l, &clock_monotonic, visit_s, &visits);
    add_latency(&latency, m, g, &visits);
    add_steps(&steps, g, l);
    const struct section sections[] = {
        {"latency", "Whole model, back to back", &latency},
        {"steps", "Steps, from other runs that read the clock between them", &steps},
    };
    sections_print(sections, 2, o, stdout);
    table_release(&latency);
    table_release(&steps);
    visits_release(&visits);
}

static int profile(const struct suite *s, const struct options *o, struct error *err)
{
    struct engine engine = {0};
    struct loaded_graph loaded = {0};
    struct graph *g = NULL;
    struct kernel_set *kernels = NULL;
    int status = session_open(&engine, o, err);
    if (status == 0) {
        kernels = kernel_set_new(&engine);
        g = suite_model_graph(s, &s->models[0]);
        status = loaded_graph_init(&loaded, &engine, kernels, g, err);
    }
    if (status == 0)
        print_profile(&s->models[0], g, &loaded, o);
    loaded_graph_release(&loaded);
    graph_release(g);
    free(g);
    if (kernels)
        kernel_set_free(kernels);
    engine_release(&engine);
    return status;
}

int cmd_profile(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    int status = input_load_whole(o, &s);
    if (s.n_models > 1)
        fail(&err, "profile takes one model, and '%s' holds %d", o->args[0], s.n_models);
    if (s.n_models == 1)
        profile(&s, o, &err);
    if (err.text[0])
        status = report(&err);
    suite_release(&s);
    return status;
}
