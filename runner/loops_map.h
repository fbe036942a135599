// Elementwise loops: one function of map.def for every element, over sources of any type that
// broadcast to the result. Numbers are computed with as floats, doubles or 64-bit integers; what is
// of another type or not contiguous goes through small blocks in the nearest cache.
#ifndef RUNNER_LOOPS_MAP_H
#define RUNNER_LOOPS_MAP_H

#include "runner/loops.h"

enum map {
#define MAP(name, ...) MAP_##name,
#include "runner/map.def"
#undef MAP
    N_MAPS
};

enum map_number { MAP_f32, MAP_f64, MAP_s64, N_MAP_NUMBERS };

enum { MAP_SOURCES = 3, MAP_PARAMETERS = 2 };

// dst[i] = f(src[0][i], ...) for n numbers. dst may be one of the sources.
typedef void map_block(void *dst, const void *const *src, int64_t n, const double *parameters);

struct map_info {
    const char *name; // "loop_Abs"
    int sources;
    map_block *block[N_MAP_NUMBERS][N_LOOP_ISAS]; // NULL if there is none for these numbers
};

const struct map_info *map_info(enum map map);

// The function that computes an operator element by element, or -1.
int map_of_op(enum op op);

enum { MAP_STAGES = 1 + MAX_POSTS };

// One function of a chain. The first has its own sources; every other one has the number before it
// and, where it has two, that of `operand`.
struct map_stage {
    map_block *block;
    double parameters[MAP_PARAMETERS]; // alpha, beta
    int operand;                       // tensor of the nest; 0 if there is none
};

// srcs, operands, dst: the tensors of the nest. Chains are of floats.
struct loop_map {
    struct loop_nest nest;
    enum type types[LOOP_TENSORS];
    enum map_number number;
    int sources; // of the first function
    int n_stages;
    struct map_stage stages[MAP_STAGES];
};
extern const struct loop loop_map;

// Whether the loop reads and writes this type.
bool map_takes(enum type type);

#endif
