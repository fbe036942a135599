// What a profile shows.
#include <math.h>

#include "base/statistics.h"
#include "bricks/footprint.h"
#include "bricks/work.h"
#include "cli/profile.h"
#include "cli/table.h"

static const struct column latency_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"p50_ns", "p50 ms", COLUMN_real, 1e-6, 3},
    {"low_ns", "low", COLUMN_real, 1e-6, 3},
    {"high_ns", "high", COLUMN_real, 1e-6, 3},
    {"p90_ns", "p90", COLUMN_real, 1e-6, 3},
    {"p99_ns", "p99", COLUMN_real, 1e-6, 3},
    {"min_ns", "min", COLUMN_real, 1e-6, 3},
    {"noise", "noise %", COLUMN_real, 100, 1},
    {"runs", "runs", COLUMN_count, 0, 0},
    {"visits", "visits", COLUMN_count, 0, 0},
    {"visits_within", "of them used", COLUMN_count, 0, 0},
    {"placements", "placements", COLUMN_count, 0, 0},
    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},
    {"share_of_peak", "of peak %", COLUMN_real, 100, 1},
};

static const struct column memory_columns[] = {
    {"weights_bytes", "weights MB", COLUMN_count, 1e-6, 1},
    {"arena_bytes", "arena MB", COLUMN_count, 1e-6, 1},
    {"scratch_bytes", "scratch MB", COLUMN_count, 1e-6, 1},
    {"packing_bytes", "packing MB", COLUMN_count, 1e-6, 1},
    {"planned_bytes", "planned MB", COLUMN_count, 1e-6, 1},
    {"resident_bytes", "resident MB", COLUMN_count, 1e-6, 1},
    {"pages", "pages", COLUMN_text, 0, 0},
    {"huge_share", "huge %", COLUMN_real, 100, 1},
    {"read_ns", "read ms", COLUMN_real, 1e-6, 1},
    {"compile_ns", "compile ms", COLUMN_real, 1e-6, 1},
};

static const struct column roof_columns[] = {
    {"roof", "roof", COLUMN_text, 0, 0},     {"value", "value", COLUMN_real, 1, 1},
    {"unit", "unit", COLUMN_text, 0, 0},     {"steps", "steps nearest", COLUMN_count, 0, 0},
    {"time_ns", "ms", COLUMN_real, 1e-6, 3},
};

static const struct column step_columns[] = {
    {"step", "step", COLUMN_count, 0, 0},
    {"operator", "operator", COLUMN_text, 0, 0},
    {"brick", NULL, COLUMN_text, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},
    {"share", "share %", COLUMN_real, 100, 1},
    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},
    {"share_of_peak", "of peak %", COLUMN_real, 100, 1},
    {"gbps", "GB/s", COLUMN_real, 0, 1},
    {"share_of_bandwidth", "of GB/s %", COLUMN_real, 100, 1},
    {"roof", "roof", COLUMN_text, 0, 0},
    {"implementation", "implementation", COLUMN_text, 0, 0},
    {"chosen", NULL, COLUMN_count, 0, 0}, // 1: by the bench-cache, other than the rule
    {"layers", "layers", COLUMN_text, 0, 0},
};

// ---- roofs ---------------------------------------------------------------------------------
// What bounds a step from below: computing at the machine's peak, reading and writing at the
// bandwidth of a working set as large as the model's, or calling it at all.

enum roof { ROOF_compute, ROOF_bandwidth, ROOF_dispatch, N_ROOFS };

static const char *const roof_units[N_ROOFS] = {"GFLOP/s", "GB/s", "ns"};

struct roofs {
    double limit[N_ROOFS];
    const char *name[N_ROOFS];
};

static struct roofs roofs_of(const struct profile *p)
{
    const struct probe *probe = &p->place.probe;
    double footprint = (double)plan_footprint(&p->subject.loaded.plan);
    bool cached = footprint <= (double)probe->effective_llc;
    return (struct roofs){
        .limit = {probe_peak(probe), probe_bandwidth(probe, footprint), probe->dispatch_ns},
        .name = {"compute", cached ? "cache" : "memory", "dispatch"},
    };
}

struct step_facts {
    double time_ns;
    struct work work;
    double share[N_ROOFS]; // of the roof: 1 is as fast as it gets
    enum roof nearest;
};

static struct step_facts step_facts_of(const struct profile *p, const struct roofs *roofs, int i)
{
    struct step_facts f = {
        .time_ns = step_times_median(&p->steps, i),
        .work = work_node(p->subject.graph, &p->subject.graph->nodes[i]),
    };
    f.share[ROOF_compute] = f.work.flops / f.time_ns / roofs->limit[ROOF_compute];
    f.share[ROOF_bandwidth] = f.work.bytes / f.time_ns / roofs->limit[ROOF_bandwidth];
    f.share[ROOF_dispatch] = roofs->limit[ROOF_dispatch] / f.time_ns;
    for (int r = 0; r < N_ROOFS; r++)
        if (f.share[r] > f.share[f.nearest])
            f.nearest = (enum roof)r;
    return f;
}

// ---- tables --------------------------------------------------------------------------------

// As `validate` has it, under the condition that prevailed.
static void add_latency(struct table *t, const struct profile *p, const struct roofs *roofs)
{
    const struct visits *v = &p->subject.visits;
    struct band band = visits_prevailing(v);
    struct latency l = visits_latency(v, band);
    double flops = work_graph(p->subject.graph).flops;
    table_text(t, p->suite.models[0].name);
    table_real(t, l.p50.value);
    table_real(t, l.p50.low);
    table_real(t, l.p50.high);
    table_real(t, l.p90);
    table_real(t, l.p99);
    table_real(t, l.least);
    table_real(t, l.noise);
    table_count(t, l.n_runs);
    table_count(t, v->n_visits);
    table_count(t, visits_within(v, band));
    table_count(t, p->subject.n_loads);
    table_real(t, flops / l.p50.value);
    table_real(t, flops / l.p50.value / roofs->limit[ROOF_compute]);
}

static void add_memory(struct table *t, const struct profile *p)
{
    const struct loaded_graph *l = &p->subject.loaded;
    table_count(t, (int64_t)l->weights_bytes);
    table_count(t, (int64_t)l->arena_bytes);
    table_count(t, (int64_t)l->room_bytes);
    table_count(t, (int64_t)l->packing_bytes);
    table_count(t, (int64_t)loaded_graph_bytes(l));
    table_count(t, (int64_t)(p->read_bytes + p->after.peak - p->before.now));
    table_text(t, p->engine.environment.value[ENV_pages]);
    table_real(t, p->advised.bytes ? (double)p->advised.huge / (double)p->advised.bytes : NAN);
    table_real(t, p->read_s * 1e9);
    table_real(t, p->compile_s * 1e9);
}

static void add_roofs(struct table *t, const struct profile *p, const struct roofs *roofs)
{
    double time_ns[N_ROOFS] = {0};
    int n[N_ROOFS] = {0};
    for (int i = 0; i < p->subject.graph->n_nodes; i++) {
        struct step_facts f = step_facts_of(p, roofs, i);
        time_ns[f.nearest] += f.time_ns;
        n[f.nearest]++;
    }
    for (int r = 0; r < N_ROOFS; r++) {
        table_text(t, roofs->name[r]);
        table_real(t, roofs->limit[r]);
        table_text(t, roof_units[r]);
        table_count(t, n[r]);
        table_real(t, time_ns[r]);
    }
}

static void add_step(struct table *t, const struct profile *p, const struct roofs *roofs, int i,
                     double all_ns)
{
    struct step_facts f = step_facts_of(p, roofs, i);
    struct str layers = STR_INIT;
    profile_layers(p, i, &layers);
    table_count(t, i);
    table_text(t, op_info(p->subject.graph->nodes[i].op)->name);
    table_text(t, profile_brick(p, i)->signature);
    table_real(t, f.time_ns);
    table_real(t, f.time_ns / all_ns);
    table_real(t, f.work.flops / f.time_ns);
    table_real(t, f.share[ROOF_compute]);
    table_real(t, f.work.bytes / f.time_ns);
    table_real(t, f.share[ROOF_bandwidth]);
    table_text(t, roofs->name[f.nearest]);
    const struct kernel *kernel = p->subject.loaded.program.steps[i].kernel;
    table_text(t, kernel->implementation);
    table_count(t, kernel->chosen);
    table_text(t, layers.text);
    str_release(&layers);
}

static void add_steps(struct table *t, const struct profile *p, const struct roofs *roofs)
{
    double all_ns = 0;
    for (int i = 0; i < p->subject.graph->n_nodes; i++)
        all_ns += step_times_median(&p->steps, i);
    for (int i = 0; i < p->subject.graph->n_nodes; i++)
        add_step(t, p, roofs, i, all_ns);
}

void profile_print(const struct profile *p)
{
    struct roofs roofs = roofs_of(p);
    struct table latency, memory, limits, steps;
    table_init(&latency, COLUMNS(latency_columns));
    table_init(&memory, COLUMNS(memory_columns));
    table_init(&limits, COLUMNS(roof_columns));
    table_init(&steps, COLUMNS(step_columns));
    add_latency(&latency, p, &roofs);
    add_memory(&memory, p);
    add_roofs(&limits, p, &roofs);
    add_steps(&steps, p, &roofs);
    const struct section sections[] = {
        {"latency", "Whole model, back to back", &latency},
        {"memory", "Memory and opening", &memory},
        {"roofs", "The machine's limits", &limits},
        {"steps", "Steps, from other runs that read the clock between them", &steps},
    };
    enum { N_SECTIONS = sizeof sections / sizeof *sections };
    sections_print(sections, N_SECTIONS, p->o, stdout);
    for (int i = 0; i < N_SECTIONS; i++)
        table_release(sections[i].table);
}
