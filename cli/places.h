// The places of the bench-cache that a command is about: those of --machine, --threads and --isa.
#ifndef CLI_PLACES_H
#define CLI_PLACES_H

#include "cli/options.h"
#include "predict/stale.h"

struct places {
    struct str cache; // its folder
    struct cache_place *places;
    struct cache_all all; // these places
    int n;
    const struct cache_place **chosen;
    int n_missing;           // names of --machine that have none
    struct cache_place here; // this machine, if nothing was timed on it yet
};

// Reads the cache and chooses none. Release in either case.
void places_open(struct places *p, const struct options *o);
void places_release(struct places *p);

// The places that --machine ("c7a,c7i") names, in its order. Names that have none are noted; fails
// if all of them have none.
int places_choose_named(struct places *p, const struct options *o, struct error *err);

// All that --threads and --isa allow.
void places_choose_all(struct places *p, const struct options *o);

// This machine, in the environment that the options give.
int places_choose_here(struct places *p, const struct options *o, struct error *err);

#endif
