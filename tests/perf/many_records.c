// Fills a bench-cache with made-up records, to see what size costs: those of a suite's bricks at
// all points of the grid that it may want, and bricks of no suite up to N records, dealt out over
// the places: machines of one to eight cores more than this one, two environments of each. usage:
// many_records CACHE SUITE N_RECORDS N_PLACES The first place's label is "made-up-0"; `dlbricks
// predict SUITE --machine made-up-0` finds all.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "bricks/cache.h"
#include "bricks/cache_files.h"
#include "bricks/footprint.h"
#include "bricks/suite.h"

enum { N_SAMPLES = 24, N_OTHER_POINTS = 2 };

static double draw(void)
{
    static uint64_t counter;
    counter += RANDOM_STEP;
    return (double)(random_mixed(counter) >> 11) / (double)(1ull << 53);
}

static struct cache_place open_place(const char *cache, int number)
{
    struct machine m = {
        .cpu = "Made-up CPU",
        .vendor = "MadeUp",
        .isa = "avx2",
        .packages = 1,
        .numa_nodes = 1,
        .cores = 1,
        .threads = 1,
        .n_caches = 1,
        .caches = {{32 << 20, 1, 1}},
    };
    struct environment e = {0};
    struct probe p = {.gflops_fma = 100,
                      .gbps_memory = 10,
                      .dispatch_ns = 100,
                      .n_levels = 1,
                      .effective_llc = 32 << 20,
                      .levels = {{1 << 20, 50}}};
    struct cache_place place;
    struct error err = {0};
    m.cores = m.threads = 1 + number / 2;
    snprintf(m.label, sizeof m.label, "made-up-%d", number / 2);
    environment_set(&e, ENV_engine, "onednn");
    environment_set(&e, ENV_threads, "%d", 1 + number % 2);
    environment_set(&e, ENV_isa, "avx2");
    if (cache_open(&place, cache, &m, &e, &err) || cache_put_probe(&place, &p, 0, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return place;
}

static void fill(struct record *r, double footprint)
{
    double median_ns = 1000 + 1e6 * draw();
    for (int i = 0; i < N_SAMPLES; i++)
        series_add(record_series(r, footprint), median_ns * (1 + 0.05 * draw()),
                   (struct condition){.handoff_ns = 50, .cycle_ns = 0.25f});
}

// Not flushed, as nobody will miss it.
static void put(const struct cache_place *place, const struct record *r)
{
    char *path = record_path(place->path, r->signature, r->run), *text = record_to_text(r);
    struct error err = {0};
    if (file_put(path, text, strlen(text), FILE_unflushed, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    free(path);
    free(text);
}

static struct record start_record(const char *text, int number)
{
    struct record r;
    record_init(&r, text);
    snprintf(r.run, sizeof r.run, "20261122T000000-%08x", (unsigned)number / 1000);
    snprintf(r.host, sizeof r.host, "nowhere");
    snprintf(r.implementation, sizeof r.implementation, "made up");
    r.unix_time = 1795363294;
    fill(&r, 0);
    return r;
}

static void put_wanted(const struct cache_place *place, const struct brick *brick,
                       const struct demand *demand, int number)
{
    struct record r = start_record(brick->text, number);
    r.loop_version = brick_loop_version(brick->graph);
    for (int i = 0; i < demand->n; i++)
        fill(&r, demand->footprint[i]);
    put(place, &r);
    record_release(&r);
}

static void put_other(const struct cache_place *place, int number)
{
    char text[128];
    snprintf(text, sizeof text, "dlb1 Relu i0:f32:1x%d > f32:1x%d | out s0", number + 1,
             number + 1);
    struct record r = start_record(text, number);
    r.loop_version = op_info(OP_Relu)->version;
    for (int i = 0; i < N_OTHER_POINTS; i++)
        fill(&r, footprint_grid(20 + 4 * i));
    put(place, &r);
    record_release(&r);
}

int main(int argc, char **argv)
{
    struct suite s;
    struct error err = {0};
    if (argc != 5 || suite_load(&s, argv[2], &err)) {
        fprintf(stderr, "usage: many_records CACHE SUITE N_RECORDS N_PLACES %s\n", err.text);
        return 2;
    }
    int n_records = atoi(argv[3]), n_places = atoi(argv[4]);
    struct cache_place *places = xcalloc((size_t)n_places, sizeof *places);
    for (int i = 0; i < n_places; i++)
        places[i] = open_place(argv[1], i);
    struct demand *demands = demands_of_suite(&s, footprint_far(32 << 20), NULL);
    for (int i = 0; i < s.n_bricks; i++)
        put_wanted(&places[0], s.bricks[i], &demands[i], i);
    for (int i = s.n_bricks; i < n_records; i++)
        put_other(&places[i % n_places], i);
    demands_free(demands, s.n_bricks);
    cache_places_free(places, n_places);
    suite_release(&s);
    return 0;
}
