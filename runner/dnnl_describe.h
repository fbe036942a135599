// Between the two files that know oneDNN's version: dnnl_compat.c and dnnl_describe.c.
#ifndef RUNNER_DNNL_DESCRIBE_H
#define RUNNER_DNNL_DESCRIBE_H

#include "runner/dnnl_compat.h"

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t desc_ref;
#else
typedef const dnnl_memory_desc_t *desc_ref;
#endif

struct md {
    dnnl_memory_desc_t desc;
};

// NULL stays NULL.
desc_ref md_ref(const struct md *md);

// The first implementation that fits and is not "ref", or any if the spec says so; NULL if there is
// none.
dnnl_primitive_desc_t prim_describe(dnnl_engine_t engine, const struct prim_spec *s,
                                    const_dnnl_primitive_attr_t attr);

// See pd_each.
void prim_each(dnnl_engine_t engine, const struct prim_spec *s, const_dnnl_primitive_attr_t attr,
               pd_visit *visit, void *context);

// What the implementation is called in records.
const char *prim_name(enum prim prim, dnnl_primitive_desc_t desc);

#endif
