#include "cli/sharing_tables.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/records.h"
#include "datasets/zoo.h"
#include "predict/sharing.h"

enum { SHOWN_PAIRS = 20, SHOWN_BRICKS = 30 }; // to people; JSON and CSV hold all

static const struct column sharing_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_count, 0, 0},
    {"steps", "steps", COLUMN_count, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0},
    {"unique_bricks", "unique", COLUMN_count, 0, 0},
    {"time_ns", "ms", COLUMN_real, 1e-6, 3},
    {"shared_time", "shared %", COLUMN_real, 100, 1},
    {"estimated_time", "estimated %", COLUMN_real, 100, 0},
    {"added_bricks", "adds bricks", COLUMN_count, 0, 0},
    {"added_bench_s", "adds s", COLUMN_real, 0, 1},
};

static const struct column family_columns[] = {
    {"family", "family", COLUMN_text, 0, 0},
    {"other", "other", COLUMN_text, 0, 0},
    {"common_bricks", "common", COLUMN_count, 0, 0},
    {"either_bricks", "either", COLUMN_count, 0, 0},
    {"jaccard", "similarity", COLUMN_real, 0, 3},
};

static const struct column brick_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"uses", "uses", COLUMN_count, 0, 0},
    {"total_ns", "ms of all uses", COLUMN_real, 1e-6, 3},
    {"share", "%", COLUMN_real, 100, 1},
    {"estimated_time", "estimated %", COLUMN_real, 100, 0},
    {"flops", "GFLOP", COLUMN_real, 1e-9, 3},
    {"bytes", "kB", COLUMN_count, 1e-3, 1},
    {"signature", NULL, COLUMN_text, 0, 0},
    {"text", NULL, COLUMN_text, 0, 0},
};

static const struct column sum_columns[] = {
    {"side", "", COLUMN_text, 0, 0},
    {"unique_bricks", "bricks", COLUMN_count, 0, 0},
    {"first_uses", "uses in A", COLUMN_count, 0, 0},
    {"second_uses", "uses in B", COLUMN_count, 0, 0},
    {"first_flops", "GFLOP in A", COLUMN_real, 1e-9, 3},
    {"second_flops", "GFLOP in B", COLUMN_real, 1e-9, 3},
    {"first_bytes", "MB in A", COLUMN_real, 1e-6, 3},
    {"second_bytes", "MB in B", COLUMN_real, 1e-6, 3},
};

static const struct column difference_columns[] = {
    {"side", "", COLUMN_text, 0, 0},
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"first_uses", "uses in A", COLUMN_count, 0, 0},
    {"second_uses", "uses in B", COLUMN_count, 0, 0},
    {"flops", "GFLOP", COLUMN_real, 1e-9, 3},
    {"bytes", "kB", COLUMN_real, 1e-3, 1},
    {"signature", NULL, COLUMN_text, 0, 0},
};

static double share(double part, double all)
{
    return all > 0 ? part / all : 0;
}

static void add_sharing(struct table *t, const char *name, const struct model_sharing *m)
{
    table_text(t, name);
    table_count(t, m->layers);
    table_count(t, m->steps);
    table_count(t, m->bricks);
    table_count(t, m->unique);
    table_real(t, m->time_ns);
    table_real(t, share(m->shared_ns, m->time_ns));
    table_real(t, share(m->estimated_ns, m->time_ns));
    table_count(t, m->added);
    table_real(t, m->added_s);
}

static void say_basis(const struct records *r, const struct sharing *sharing)
{
    char key[160];
    double estimated = share(sharing->total.estimated_ns, sharing->total.time_ns);
    if (!r->place) {
        note("the cache has no records of these bricks on this machine: times are estimated from "
             "FLOPs and bytes, for 100 GFLOP/s and 10 GB/s");
        return;
    }
    environment_key(&r->place->environment, key, sizeof key);
    note("times are those of %s, %s; %.0f %% of the time is estimated from FLOPs and bytes",
         r->place->machine.label, key, 100 * estimated);
}

// ---- families ------------------------------------------------------------------------------

struct families {
    int n;
    const char **names; // in the suite's arena or the zoo's
    int *of_model;
};

// A model that was read with several dimensions, or several times, has "@..." or "#..." behind its
// name.
static const char *family_name(struct arena *arena, const struct model *m)
{
    const char *name = arena_strndup(arena, m->name, strcspn(m->name, "@#"));
    const struct zoo_entry *entry = strcmp(m->source, "zoo") == 0 ? zoo_find(name) : NULL;
    if (entry)
        return zoo_family_of(entry)->name;
    size_t n = strcspn(name, "0123456789");
    while (n > 0 && strchr("-_. ", name[n - 1]))
        n--;
    return n ? arena_strndup(arena, name, n) : name;
}

static int find_family(struct families *f, const char *name)
{
    int i = 0;
    while (i < f->n && strcmp(f->names[i], name) != 0)
        i++;
    if (i == f->n)
        f->names[f->n++] = name;
    return i;
}

static void add_families(struct table *t, const struct suite *s, bool all)
{
    struct arena arena = {0};
    size_t n_models = (size_t)s->n_models;
    struct families f = {
        .names = xcalloc(n_models, sizeof *f.names),
        .of_model = xcalloc(n_models, sizeof *f.of_model),
    };
    for (int m = 0; m < s->n_models; m++)
        f.of_model[m] = find_family(&f, family_name(&arena, &s->models[m]));
    int n;
    struct similarity *pairs = similarities(s, f.n, f.of_model, &n);
    for (int i = 0; i < n && (all || i < SHOWN_PAIRS); i++) {
        table_text(t, f.names[pairs[i].a]);
        table_text(t, f.names[pairs[i].b]);
        table_count(t, pairs[i].n_common);
        table_count(t, pairs[i].n_either);
        table_real(t, pairs[i].jaccard);
    }
    free(pairs);
    free(f.names);
    free(f.of_model);
    arena_release(&arena);
}

// ---- bricks --------------------------------------------------------------------------------

static void add_brick(struct table *t, const struct sharing *sharing, const struct brick *brick,
                      int number, int64_t uses)
{
    double time_ns = sharing->brick_ns[number];
    struct work work = work_graph(brick->graph);
    facts_add_brick(t, brick);
    table_count(t, uses);
    table_real(t, time_ns);
    table_real(t, share(time_ns, sharing->total.time_ns));
    table_real(t, share(sharing->brick_estimated_ns[number], time_ns));
    table_real(t, work.flops);
    table_count(t, (int64_t)work.bytes);
    table_text(t, brick->signature);
    table_text(t, brick->text);
}

static void add_bricks(struct table *t, const struct suite *s, const struct sharing *sharing)
{
    int64_t *uses = xcalloc((size_t)s->n_bricks, sizeof *uses);
    int *order = sharing_costliest(sharing, s->n_bricks);
    for (int m = 0; m < s->n_models; m++)
        for (int i = 0; i < s->models[m].n_instances; i++)
            uses[s->models[m].instances[i].brick]++;
    for (int i = 0; i < s->n_bricks; i++)
        add_brick(t, sharing, s->bricks[order[i]], order[i], uses[order[i]]);
    free(order);
    free(uses);
}

static void fill(struct sharing_tables *t, const struct suite *s, const struct options *o)
{
    struct records records;
    struct sharing sharing;
    records_load(&records, s, o);
    sharing_init(&sharing, &records.timings, records_probe(&records));
    for (int m = 0; m < sharing.n && sharing.n > 1; m++)
        add_sharing(&t->models, s->models[m].name, &sharing.models[m]);
    if (sharing.n > 1)
        add_sharing(&t->models, "total", &sharing.total);
    if (o->bricks)
        add_bricks(&t->bricks, s, &sharing);
    say_basis(&records, &sharing);
    sharing_release(&sharing);
    records_release(&records);
}

void sharing_tables_init(struct sharing_tables *t, const struct suite *s, const struct options *o)
{
    table_init(&t->models, COLUMNS(sharing_columns));
    table_init(&t->families, COLUMNS(family_columns));
    table_init(&t->bricks, COLUMNS(brick_columns));
    if (s->n_models > 1 || o->bricks)
        fill(t, s, o);
    if (s->n_models > 1)
        add_families(&t->families, s, o->json || o->csv);
}

void sharing_tables_release(struct sharing_tables *t)
{
    table_release(&t->models);
    table_release(&t->families);
    table_release(&t->bricks);
}

// ---- two groups ----------------------------------------------------------------------------

enum side { SIDE_first, SIDE_second, SIDE_common, N_SIDES };
static const char *const side_names[] = {"only A", "only B", "common"};

static enum side side_of(const struct brick_uses *b)
{
    if (b->uses[0] && b->uses[1])
        return SIDE_common;
    return b->uses[0] ? SIDE_first : SIDE_second;
}

struct side_sum {
    int bricks;
    int64_t uses[2];
    double flops[2], bytes[2];
};

static void add_sums(struct table *t, int n, const struct brick_uses *bricks)
{
    struct side_sum sums[N_SIDES] = {0};
    for (int i = 0; i < n; i++) {
        struct side_sum *sum = &sums[side_of(&bricks[i])];
        sum->bricks++;
        for (int k = 0; k < 2; k++) {
            sum->uses[k] += bricks[i].uses[k];
            sum->flops[k] += bricks[i].work.flops * bricks[i].uses[k];
            sum->bytes[k] += bricks[i].work.bytes * bricks[i].uses[k];
        }
    }
    for (int side = 0; side < N_SIDES; side++) {
        table_text(t, side_names[side]);
        table_count(t, sums[side].bricks);
        table_count(t, sums[side].uses[0]);
        table_count(t, sums[side].uses[1]);
        table_real(t, sums[side].flops[0]);
        table_real(t, sums[side].flops[1]);
        table_real(t, sums[side].bytes[0]);
        table_real(t, sums[side].bytes[1]);
    }
}

static void add_difference(struct table *t, const struct suite *s, const struct brick_uses *b)
{
    table_text(t, side_names[side_of(b)]);
    facts_add_brick(t, s->bricks[b->brick]);
    table_count(t, b->uses[0]);
    table_count(t, b->uses[1]);
    table_real(t, b->work.flops);
    table_real(t, b->work.bytes);
    table_text(t, s->bricks[b->brick]->signature);
}

void difference_tables(struct table *sums, struct table *bricks, const struct suite *s, int n_first,
                       const struct options *o)
{
    int n;
    struct brick_uses *all = compare_groups(s, n_first, &n);
    table_init(sums, COLUMNS(sum_columns));
    table_init(bricks, COLUMNS(difference_columns));
    add_sums(sums, n, all);
    for (int i = 0; i < n && (o->json || o->csv || i < SHOWN_BRICKS); i++)
        add_difference(bricks, s, &all[i]);
    free(all);
}
