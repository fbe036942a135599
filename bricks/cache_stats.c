#include "bricks/cache_stats.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "bricks/cache_files.h"
#include "bricks/cache_walk.h"

// Names, counted without their repetitions.
struct names {
    size_t size; // of each slot
    int n, capacity;
    char *text; // n slots
};

static void names_add(struct names *names, const char *name)
{
    grow(&names->text, &names->capacity, names->n + 1, names->size);
    char *slot = names->text + (size_t)names->n++ * names->size;
    memset(slot, 0, names->size);
    memcpy(slot, name, strlen(name));
}

// Adds all names of b, which is empty then.
static void names_join(struct names *a, struct names *b)
{
    grow(&a->text, &a->capacity, a->n + b->n + 1, a->size);
    if (b->n)
        memcpy(a->text + (size_t)a->n * a->size, b->text, (size_t)b->n * b->size);
    a->n += b->n;
    free(b->text);
    *b = (struct names){.size = b->size};
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int names_count(const struct names *names)
{
    int n = 0;
    if (names->n)
        qsort(names->text, (size_t)names->n, names->size, compare_names);
    for (int i = 0; i < names->n; i++) {
        const char *name = names->text + (size_t)i * names->size;
        n += i == 0 || strcmp(name, name - names->size) != 0;
    }
    return n;
}

struct counter {
    struct place_stats *place;
    int n_leftovers;
    struct names bricks, runs; // of the place
};

static enum walk count_entry(void *context, const struct cache_entry *e)
{
    struct counter *c = context;
    struct record_name name;
    struct stat st;
    c->n_leftovers += e->kind == ENTRY_leftover;
    if (e->kind != ENTRY_record || !record_name_read(&name, e->name) || stat(e->path, &st))
        return WALK_on;
    c->place->records++;
    c->place->bytes += st.st_size;
    names_add(&c->bricks, name.signature);
    names_add(&c->runs, name.run);
    return WALK_on;
}

static void count_place(struct counter *c)
{
    cache_walk_place(c->place->place.path, count_entry, c);
    c->place->bricks = names_count(&c->bricks);
    c->place->runs = names_count(&c->runs);
}

// Counting waits for the disk, or for a file server: several places at once.
enum { MAX_THREADS = 8 };

struct count {
    int n;
    struct counter *counters;
    atomic_int next;
};

static void *count_places(void *context)
{
    struct count *c = context;
    for (int i; (i = atomic_fetch_add(&c->next, 1)) < c->n;)
        count_place(&c->counters[i]);
    return NULL;
}

// As many threads as there can be; this one works as well.
static void count_all(struct count *c)
{
    pthread_t thread[MAX_THREADS];
    int n = 0;
    while (n < MAX_THREADS && n + 1 < c->n &&
           pthread_create(&thread[n], NULL, count_places, c) == 0)
        n++;
    count_places(c);
    while (n > 0)
        pthread_join(thread[--n], NULL);
}

static void sum_up(struct cache_stats *stats, struct counter *counters)
{
    struct names bricks = {.size = SIGNATURE_SIZE}, runs = {.size = RUN_ID_SIZE};
    for (int i = 0; i < stats->n_places; i++) { // those of one machine follow each other
        const struct machine *m = &stats->places[i].place.machine;
        stats->n_machines += i == 0 || !machine_same(&stats->places[i - 1].place.machine, m);
        stats->n_leftovers += counters[i].n_leftovers;
        names_join(&bricks, &counters[i].bricks);
        names_join(&runs, &counters[i].runs);
    }
    stats->bricks = names_count(&bricks);
    stats->runs = names_count(&runs);
    free(bricks.text);
    free(runs.text);
}

void cache_stats(const char *cache, struct cache_stats *stats)
{
    int n, n_damaged;
    struct cache_place *places = cache_places(cache, &n, &n_damaged);
    struct counter *counters = xcalloc((size_t)n + 1, sizeof *counters);
    *stats = (struct cache_stats){
        .n_places = n,
        .n_damaged = n_damaged,
        .places = xcalloc((size_t)n + 1, sizeof *stats->places),
    };
    for (int i = 0; i < n; i++) {
        stats->places[i].place = places[i];
        counters[i] = (struct counter){
            .place = &stats->places[i], .bricks.size = SIGNATURE_SIZE, .runs.size = RUN_ID_SIZE};
    }
    count_all(&(struct count){.n = n, .counters = counters});
    sum_up(stats, counters);
    free(counters);
    free(places); // what they hold has moved
}

void cache_stats_release(struct cache_stats *stats)
{
    for (int i = 0; i < stats->n_places; i++)
        cache_close(&stats->places[i].place);
    free(stats->places);
    *stats = (struct cache_stats){0};
}
