// The environment: what else decides a time, beside machine and brick. Fields are a table; keyed
// ones are compared when a record is used, the others are only recorded. Records of an environment
// that differs in nothing but a patch level are stale: not used silently, but not worthless either.
#ifndef BRICKS_ENVIRONMENT_H
#define BRICKS_ENVIRONMENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

// ENV(name, keyed); 2: keyed, a version whose last part is a patch level
#define ENVIRONMENT_FIELDS(ENV)                                                                    \
    ENV(engine, 1)         /* onednn */                                                            \
    ENV(engine_version, 2) /* 2.6.3 */                                                             \
    ENV(cpu_runtime, 1)    /* omp */                                                               \
    ENV(isa, 1)            /* effective, after --isa: avx512_core_bf16 */                          \
    ENV(blas_version, 2)   /* OpenBLAS 0.3.21 */                                                   \
    ENV(blas_core, 1)      /* Haswell */                                                           \
    ENV(omp_runtime, 1)    /* gomp */                                                              \
    ENV(wait_policy, 1)    /* active, passive */                                                   \
    ENV(threads, 1)                                                                                \
    ENV(binding, 1)        /* core */                                                              \
    ENV(math_mode, 1)      /* strict */                                                            \
    ENV(pages, 1)          /* 4k, thp */                                                           \
    ENV(denormals, 1)      /* ftz+daz */                                                           \
    ENV(instances, 1)                                                                              \
    ENV(policy, 1)         /* version of the timing policy */                                      \
    ENV(kernel, 0)                                                                                 \
    ENV(microcode, 0)                                                                              \
    ENV(mitigations, 0)                                                                            \
    ENV(compiler, 0)                                                                               \
    ENV(memory, 0)                                                                                 \
    ENV(quota, 0) /* cgroup CPU limit */                                                           \
    ENV(host, 0)

enum environment_field {
#define ENV(name, keyed) ENV_##name,
    ENVIRONMENT_FIELDS(ENV)
#undef ENV
        N_ENVIRONMENT_FIELDS
};

struct environment {
    char value[N_ENVIRONMENT_FIELDS][96]; // "" where not known
};

const char *environment_field_name(enum environment_field f);
bool environment_field_keyed(enum environment_field f);
void environment_set(struct environment *e, enum environment_field f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The first keyed field in which the two differ, or -1.
int environment_difference(const struct environment *a, const struct environment *b);

// Adds "threads 4, not 2; pages 4k, not thp": all keyed fields of a that b has otherwise.
void environment_differences(const struct environment *a, const struct environment *b,
                             struct str *out);

// True if they differ, but only in patch levels: 2.6.2 and 2.6.3, or "OpenBLAS 0.3.21" and 0.3.23.
bool environment_is_patch(const struct environment *a, const struct environment *b);

// Folder name: "onednn-2.6.3-avx512_core-t2-" and 8 hex digits over all keyed fields.
void environment_key(const struct environment *e, char *out, size_t size);

json_t *environment_to_json(const struct environment *e);
int environment_from_json(struct environment *e, const json_t *json, const char *where,
                          struct error *err);

// What only the operating system knows: kernel, microcode, mitigations, memory, host.
void environment_detect_system(struct environment *e);

#endif
