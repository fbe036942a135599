#include "tests/predict/places_case.h"

#include "tests/scratch.h"

int size_of(int brick)
{
    return 1000 << (brick % N_SIZES);
}

int kind_of(int brick)
{
    return brick / N_SIZES;
}

int fixture_setup(void **state)
{
    static const char *const ops[] = {"Relu", "Tanh", "Exp"};
    struct fixture *f = xcalloc(1, sizeof *f);
    f->folder = scratch_make();
    suite_init(&f->suite, 1);
    for (int i = 0; i < N_BRICKS; i++) {
        char text[128];
        int n = size_of(i);
        snprintf(text, sizeof text, "dlb1 %s i0:f32:1x%d > f32:1x%d | out s0", ops[kind_of(i)], n,
                 n);
        suite_add_brick(&f->suite, brick_parse(text, NULL));
    }
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    estimator_free(f->estimator);
    if (f->timings.suite)
        timings_release(&f->timings);
    for (int i = 0; i < f->n_places; i++)
        cache_close(&f->places[i]);
    suite_release(&f->suite);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

struct cache_place *add_sized(struct fixture *f, const char *cpu, int cores, int threads,
                              const char *engine_version)
{
    struct machine m = {.cores = cores, .threads = cores};
    struct environment e = {0};
    snprintf(m.cpu, sizeof m.cpu, "%s", cpu);
    snprintf(m.label, sizeof m.label, cores == 1 ? "%s" : "%s-%d", cpu, cores);
    environment_set(&e, ENV_threads, "%d", threads);
    environment_set(&e, ENV_engine_version, "%s", engine_version);
    struct cache_place *place = &f->places[f->n_places++];
    assert_true(f->n_places <= MOST_PLACES);
    assert_int_equal(cache_open(place, f->folder, &m, &e, NULL), 0);
    return place;
}

struct cache_place *add_version(struct fixture *f, const char *cpu, int threads,
                                const char *engine_version)
{
    return add_sized(f, cpu, 1, threads, engine_version);
}

struct cache_place *add_place(struct fixture *f, const char *cpu, int threads)
{
    return add_version(f, cpu, threads, "2.6.3");
}

static void put_record(const struct fixture *f, const struct cache_place *place, int brick,
                       int n_points, double time_ns, int64_t unix_time)
{
    struct record r;
    static const struct condition any = {.cycle_ns = 0.25f};
    record_init(&r, f->suite.bricks[brick]->text);
    snprintf(r.run, sizeof r.run, "20260101T000000-0000");
    snprintf(r.implementation, sizeof r.implementation, "loop");
    r.unix_time = unix_time;
    r.loop_version = brick_loop_version(f->suite.bricks[brick]->graph);
    for (int point = 0; point < n_points; point++)
        for (int i = 0; i < 7; i++)
            series_add(record_series(&r, footprint_grid(point)), time_ns, any);
    assert_int_equal(cache_put(place, &r, NULL), 0);
    record_release(&r);
}

void put_at(struct fixture *f, const struct cache_place *place, int brick, double time_ns,
            int64_t unix_time)
{
    put_record(f, place, brick, 1, time_ns, unix_time);
}

void put_points(struct fixture *f, const struct cache_place *place, int brick, int n_points,
                double time_ns)
{
    put_record(f, place, brick, n_points, time_ns, 1);
}

void put(struct fixture *f, const struct cache_place *place, int brick, double time_ns)
{
    put_at(f, place, brick, time_ns, 1);
}

double source_ns(int brick)
{
    return size_of(brick) * (1 + 0.37 * (brick * 7 % 5)) * 10;
}

void model_of(struct suite *s, int n, struct instance *instances)
{
    static struct port port = {"x", {TYPE_f32, LAYOUT_row, 2, {1, 1000}}, {NONE, 0}};
    static struct edge from_input = {NONE, 0};
    static const char *names[] = {"layer"};
    for (int i = 0; i < n; i++)
        instances[i] = (struct instance){
            .brick = i, .n_steps = 1, .layers = names, .n_inputs = 1, .inputs = &from_input};
    struct model *m = suite_add_model(s, "model", "test");
    m->n_inputs = 1;
    m->inputs = &port;
    m->n_instances = n;
    m->instances = instances;
}
