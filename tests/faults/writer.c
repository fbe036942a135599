// What `dlbricks bench` does to a cache, without the timing: rounds over bricks that the cache
// lacks, each record rewritten with one sample more, and a line on standard output for each once it
// is saved: "BRICK RUN SAMPLES". usage: writer CACHE RUN N_BRICKS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/cache.h"
#include "tests/faults/writer.h"

static const struct condition near = {.handoff_ns = 50, .cycle_ns = 0.25f};

static struct cache_place open_place(const char *cache)
{
    struct machine m = {.cpu = "Test CPU",
                        .vendor = "Test",
                        .isa = "avx2",
                        .packages = 1,
                        .numa_nodes = 1,
                        .cores = 2,
                        .threads = 2};
    struct environment e = {0};
    struct cache_place place;
    struct error err = {0};
    environment_set(&e, ENV_engine, "onednn");
    if (cache_open(&place, cache, &m, &e, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return place;
}

static bool is_finished(const struct cache_place *place, const struct brick *brick)
{
    struct record *records;
    bool finished = false;
    int n = cache_find(place, brick, &records, NULL);
    for (int i = 0; i < n; i++)
        finished = finished || record_n_samples(&records[i]) >= ENOUGH_SAMPLES;
    records_free(records, n);
    return finished;
}

static void save(const struct cache_place *place, int number, struct record *r)
{
    struct error err = {0};
    int n = record_n_samples(r);
    series_add(record_series(r, 0), 1000.5 + n, near);
    if (cache_put(place, r, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    printf("%d %s %d\n", number, r->run, n + 1);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int n_bricks = atoi(argv[3]);
    struct cache_place place = open_place(argv[1]);
    struct record *records = xcalloc((size_t)n_bricks, sizeof *records);
    for (int i = 0; i < n_bricks; i++) {
        char text[MAX_BRICK_TEXT];
        brick_text_of(i, text);
        struct brick *brick = brick_parse(text, NULL);
        if (!is_finished(&place, brick)) {
            record_init(&records[i], text);
            snprintf(records[i].run, RUN_ID_SIZE, "%s", argv[2]);
            records[i].loop_version = brick_loop_version(brick->graph);
        }
        brick_free(brick);
    }
    for (int i = 0; i < n_bricks; i++)
        for (int round = 0; round < ENOUGH_SAMPLES && records[i].text; round++)
            save(&place, i, &records[i]);
    records_free(records, n_bricks);
    cache_close(&place);
    return 0;
}
