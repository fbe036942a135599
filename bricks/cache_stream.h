// A bench-cache as a stream of lines, so that records can be published, piped and taken in
// elsewhere. Each line is one JSON object that stands for itself, so that any choice of lines in
// any order is a stream too:
//   {"dlbricks_export":1,"machine":{...},"environment":{...},"record":{...}}
// or with "probe" in place of "record". The objects are those of the cache's files
// (bench-cache/README.md).
#ifndef BRICKS_CACHE_STREAM_H
#define BRICKS_CACHE_STREAM_H

#include <stdio.h>

#include "bricks/cache_merge.h"

// Which places are exported: 1 to leave one out; context is the caller's. NULL: all.
struct export_filter {
    bool (*leaves_out)(void *context, const struct cache_place *place);
    void *context;
};

// Writes all that is whole in a cache; scan names the rest. `name` names `out` in messages.
int cache_export(const char *cache, const struct export_filter *filter, FILE *out, const char *name,
                 struct cache_scan *scan, struct error *err);

// Takes lines into a cache until the end of `in`. A line that cannot be taken is a flaw
// ("NAME: line 12") and the others go on; -1 only if the cache cannot be written or `in` not be
// read.
int union_stream(struct cache_union *u, FILE *in, const char *name, struct error *err);

#endif
