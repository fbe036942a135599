#include "runner/dnnl_compat.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t desc_ref;
#else
typedef const dnnl_memory_desc_t *desc_ref;
#endif

struct md {
    dnnl_memory_desc_t desc;
};

struct pd {
    dnnl_primitive_desc_t desc;
};

static const dnnl_data_type_t data_types[N_TYPES] = {
    [TYPE_f32] = dnnl_f32, [TYPE_u8] = dnnl_u8,   [TYPE_s8] = dnnl_s8,
    [TYPE_s32] = dnnl_s32, [TYPE_f16] = dnnl_f16, [TYPE_bf16] = dnnl_bf16,
};

// ---- memory descriptors: a struct in 2.6, a handle in 3.x ----------------------------------

#if DNNL_VERSION_MAJOR >= 3

static desc_ref ref(const struct md *md)
{
    return md ? md->desc : NULL;
}

static dnnl_status_t desc_strides(struct md *md, int rank, const dnnl_dims_t dims,
                                  dnnl_data_type_t type, const dnnl_dims_t strides)
{
    return dnnl_memory_desc_create_with_strides(&md->desc, rank, dims, type, strides);
}

static dnnl_status_t desc_any(struct md *md, int rank, const dnnl_dims_t dims,
                              dnnl_data_type_t type)
{
    return dnnl_memory_desc_create_with_tag(&md->desc, rank, dims, type, dnnl_format_tag_any);
}

static dnnl_status_t desc_copy(struct md *md, desc_ref from)
{
    return dnnl_memory_desc_clone(&md->desc, from);
}

static void desc_destroy(struct md *md)
{
    dnnl_memory_desc_destroy(md->desc);
}

#else

static desc_ref ref(const struct md *md)
{
    return md ? &md->desc : NULL;
}

static dnnl_status_t desc_strides(struct md *md, int rank, const dnnl_dims_t dims,
                                  dnnl_data_type_t type, const dnnl_dims_t strides)
{
    return dnnl_memory_desc_init_by_strides(&md->desc, rank, dims, type, strides);
}

static dnnl_status_t desc_any(struct md *md, int rank, const dnnl_dims_t dims,
                              dnnl_data_type_t type)
{
    return dnnl_memory_desc_init_by_tag(&md->desc, rank, dims, type, dnnl_format_tag_any);
}

static dnnl_status_t desc_copy(struct md *md, desc_ref from)
{
    md->desc = *from;
    return dnnl_success;
}

static void desc_destroy(struct md *md)
{
    (void)md;
}

#endif

// A descriptor that oneDNN refuses (type, rank) is NULL; whatever is made from it fails then.
static struct md *made(struct md *md, dnnl_status_t status)
{
    if (status == dnnl_success)
        return md;
    free(md);
    return NULL;
}

struct md *md_strides(enum type type, int rank, const int64_t *dims, const int64_t *strides)
{
    struct md *md = xcalloc(1, sizeof *md);
    dnnl_dims_t d = {0}, s = {0};
    memcpy(d, dims, sizeof *d * (size_t)rank);
    memcpy(s, strides, sizeof *s * (size_t)rank);
    return made(md, desc_strides(md, rank, d, data_types[type], s));
}

struct md *md_any(enum type type, int rank, const int64_t *dims)
{
    struct md *md = xcalloc(1, sizeof *md);
    dnnl_dims_t d = {0};
    memcpy(d, dims, sizeof *d * (size_t)rank);
    return made(md, desc_any(md, rank, d, data_types[type]));
}

struct md *md_tensor(const struct tensor *t)
{
    int64_t strides[MAX_RANK], one = 1;
    if (t->rank == 0)
        return md_strides(t->type, 1, &one, &one);
    tensor_strides(t, strides);
    return md_strides(t->type, t->rank, t->dims, strides);
}

void md_free(struct md *md)
{
    if (!md)
        return;
    desc_destroy(md);
    free(md);
}

size_t md_bytes(const struct md *md)
{
    return dnnl_memory_desc_get_size(ref(md));
}

bool md_equal(const struct md *a, const struct md *b)
{
    return dnnl_memory_desc_equal(ref(a), ref(b)) != 0;
}

dnnl_memory_t md_memory(const struct md *md, dnnl_engine_t engine, void *handle)
{
    dnnl_memory_t memory = NULL;
    return dnnl_memory_create(&memory, ref(md), engine, handle) == dnnl_success ? memory : NULL;
}

// ---- attributes ----------------------------------------------------------------------------

void prim_spec_add(struct prim_spec *spec, int arg, const struct md *md)
{
    spec->args[spec->n_args++] = (struct prim_arg){arg, md};
}

static desc_ref spec_ref(const struct prim_spec *spec, int arg)
{
    for (int i = 0; i < spec->n_args; i++)
        if (spec->args[i].arg == arg)
            return ref(spec->args[i].md);
    return NULL;
}

static dnnl_status_t append_sum(dnnl_post_ops_t ops)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef);
#else
    return dnnl_post_ops_append_sum(ops, 1);
#endif
}

static dnnl_status_t append_eltwise(dnnl_post_ops_t ops, const struct prim_post *p)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_eltwise(ops, p->alg, p->alpha, p->beta);
#else
    return dnnl_post_ops_append_eltwise(ops, 1, p->alg, p->alpha, p->beta);
#endif
}

static dnnl_status_t append_post(dnnl_post_ops_t ops, const struct prim_post *p)
{
    switch (p->kind) {
    case PRIM_POST_sum:
        return append_sum(ops);
    case PRIM_POST_binary:
        return dnnl_post_ops_append_binary(ops, p->alg, ref(p->md));
    default:
        return append_eltwise(ops, p);
    }
}

// NULL if oneDNN cannot have such posts.
static dnnl_primitive_attr_t make_attr(int n_posts, const struct prim_post *posts)
{
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t ops = NULL;
    bool ok = dnnl_primitive_attr_create(&attr) == dnnl_success &&
              dnnl_post_ops_create(&ops) == dnnl_success;
    for (int i = 0; ok && i < n_posts; i++)
        ok = append_post(ops, &posts[i]) == dnnl_success;
    ok = ok && dnnl_primitive_attr_set_post_ops(attr, ops) == dnnl_success &&
         dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success;
    dnnl_post_ops_destroy(ops);
    if (ok)
        return attr;
    dnnl_primitive_attr_destroy(attr);
    return NULL;
}

// ---- primitive descriptors -----------------------------------------------------------------
// 2.6 fills a descriptor of the operation and iterates over it; 3.x makes a primitive descriptor
// that steps to its next implementation itself. What both describe, and in which order, is nearly
// the same: a maker says it once.

#if DNNL_VERSION_MAJOR >= 3

struct making {
    dnnl_primitive_desc_t desc;
    dnnl_engine_t engine;
    const_dnnl_primitive_attr_t attr;
};
#define DESCRIBE(name, name_in_2, ...)                                                             \
    dnnl_##name##_primitive_desc_create(&m->desc, m->engine, __VA_ARGS__, m->attr)
#define SRC_DST SRC, DST

#else

struct making {
    union {
        dnnl_convolution_desc_t convolution_forward;
        dnnl_inner_product_desc_t inner_product_forward;
        dnnl_matmul_desc_t matmul;
        dnnl_pooling_v2_desc_t pooling_forward;
        dnnl_softmax_v2_desc_t softmax_forward;
        dnnl_lrn_desc_t lrn_forward;
        dnnl_batch_normalization_desc_t batch_normalization_forward;
        dnnl_eltwise_desc_t eltwise_forward;
        dnnl_binary_desc_t binary;
    };
};
#define DESCRIBE(name, name_in_2, ...) dnnl_##name_in_2##_desc_init(&m->name, __VA_ARGS__)
#define SRC_DST SRC // of primitives whose destination is like the source

#endif

#define SRC spec_ref(s, DNNL_ARG_SRC)
#define SRC_1 spec_ref(s, DNNL_ARG_SRC_1)
#define WEIGHTS spec_ref(s, DNNL_ARG_WEIGHTS)
#define BIAS spec_ref(s, DNNL_ARG_BIAS)
#define DST spec_ref(s, DNNL_ARG_DST)

static dnnl_status_t make_convolution(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(convolution_forward, dilated_convolution_forward, dnnl_forward_inference,
                    s->alg, SRC, WEIGHTS, BIAS, DST, s->strides, s->dilations, s->pads_begin,
                    s->pads_end);
}

static dnnl_status_t make_inner_product(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(inner_product_forward, inner_product_forward, dnnl_forward_inference, SRC,
                    WEIGHTS, BIAS, DST);
}

static dnnl_status_t make_matmul(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(matmul, matmul, SRC, WEIGHTS, BIAS, DST);
}

static dnnl_status_t make_pooling(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(pooling_forward, pooling_v2_forward, dnnl_forward_inference, s->alg, SRC, DST,
                    s->strides, s->kernel, s->dilations, s->pads_begin, s->pads_end);
}

static dnnl_status_t make_softmax(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(softmax_forward, softmax_v2_forward, dnnl_forward_inference,
                    dnnl_softmax_accurate, SRC, DST, s->axis);
}

static dnnl_status_t make_lrn(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(lrn_forward, lrn_forward, dnnl_forward_inference, s->alg, SRC_DST, s->size,
                    s->alpha, s->beta, s->k);
}

static dnnl_status_t make_batch_normalization(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(batch_normalization_forward, batch_normalization_forward,
                    dnnl_forward_inference, SRC_DST, s->epsilon,
                    dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift);
}

static dnnl_status_t make_eltwise(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(eltwise_forward, eltwise_forward, dnnl_forward_inference, s->alg, SRC_DST,
                    s->alpha, s->beta);
}

static dnnl_status_t make_binary(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(binary, binary, s->alg, SRC, SRC_1, DST);
}

static dnnl_status_t (*const makers[N_PRIMS])(struct making *, const struct prim_spec *) = {
    [PRIM_convolution] = make_convolution,
    [PRIM_inner_product] = make_inner_product,
    [PRIM_matmul] = make_matmul,
    [PRIM_pooling] = make_pooling,
    [PRIM_softmax] = make_softmax,
    [PRIM_lrn] = make_lrn,
    [PRIM_batch_normalization] = make_batch_normalization,
    [PRIM_eltwise] = make_eltwise,
    [PRIM_binary] = make_binary,
};

// "ref:any", "ref_concat:any", "lrn_ref:any", "bnorm_ref:any".
static bool is_reference(dnnl_primitive_desc_t desc)
{
    const char *name = NULL;
    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)&name);
    return !name || strncmp(name, "ref", 3) == 0 || strstr(name, "_ref:");
}

static bool acceptable(dnnl_primitive_desc_t desc, const struct prim_spec *s)
{
    return s->any_implementation || !is_reference(desc);
}

// Reorders have no description of the operation; 2.6 has one implementation for each.
static dnnl_primitive_desc_t find_reorder(dnnl_engine_t engine, const struct prim_spec *s,
                                          const_dnnl_primitive_attr_t attr)
{
    dnnl_primitive_desc_t desc = NULL;
    if (dnnl_reorder_primitive_desc_create(&desc, SRC, engine, DST, engine, attr) != dnnl_success)
        return NULL;
    if (acceptable(desc, s))
        return desc;
    dnnl_primitive_desc_destroy(desc);
    return NULL;
}

#if DNNL_VERSION_MAJOR >= 3

static dnnl_primitive_desc_t find_desc(dnnl_engine_t engine, const struct prim_spec *s,
                                       const_dnnl_primitive_attr_t attr)
{
    struct making m = {NULL, engine, attr};
    if (makers[s->prim](&m, s) != dnnl_success)
        return NULL;
    while (!acceptable(m.desc, s)) {
        if (dnnl_primitive_desc_next_impl(m.desc) != dnnl_success) {
            dnnl_primitive_desc_destroy(m.desc);
            return NULL;
        }
    }
    return m.desc;
}

#else

static dnnl_primitive_desc_t find_desc(dnnl_engine_t engine, const struct prim_spec *s,
                                       const_dnnl_primitive_attr_t attr)
{
    struct making m;
    dnnl_primitive_desc_iterator_t it = NULL;
    dnnl_primitive_desc_t desc = NULL;
    if (makers[s->prim](&m, s) != dnnl_success)
        return NULL;
    dnnl_status_t status = dnnl_primitive_desc_iterator_create(&it, &m, attr, engine, NULL);
    for (; status == dnnl_success; status = dnnl_primitive_desc_iterator_next(it)) {
        desc = dnnl_primitive_desc_iterator_fetch(it);
        if (acceptable(desc, s))
            break;
        dnnl_primitive_desc_destroy(desc);
        desc = NULL;
    }
    if (it)
        dnnl_primitive_desc_iterator_destroy(it);
    return desc;
}

#endif

static bool spec_complete(const struct prim_spec *spec)
{
    for (int i = 0; i < spec->n_args; i++)
        if (!spec->args[i].md)
            return false;
    return true;
}

// Whether the posts can be fused. oneDNN 2.6 generates one piece of code for each eltwise
// algorithm of a chain: a second one with other parameters would get those of the first.
static bool posts_fusable(int n, const struct prim_post *posts)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (posts[i].kind == PRIM_POST_eltwise && posts[j].kind == PRIM_POST_eltwise &&
                posts[i].alg == posts[j].alg &&
                (posts[i].alpha != posts[j].alpha || posts[i].beta != posts[j].beta))
                return false;
    return true;
}

struct pd *pd_find(dnnl_engine_t engine, const struct prim_spec *spec, int n_posts,
                   const struct prim_post *posts)
{
    if (!spec_complete(spec) || !posts_fusable(n_posts, posts))
        return NULL;
    dnnl_primitive_attr_t attr = make_attr(n_posts, posts);
    if (!attr)
        return NULL;
    dnnl_primitive_desc_t desc = spec->prim == PRIM_reorder ? find_reorder(engine, spec, attr)
                                                            : find_desc(engine, spec, attr);
    dnnl_primitive_attr_destroy(attr);
    if (!desc)
        return NULL;
    struct pd *pd = xcalloc(1, sizeof *pd);
    pd->desc = desc;
    return pd;
}

void pd_free(struct pd *pd)
{
    if (!pd)
        return;
    dnnl_primitive_desc_destroy(pd->desc);
    free(pd);
}

const char *pd_implementation(const struct pd *pd)
{
    const char *name = "";
    dnnl_primitive_desc_query(pd->desc, dnnl_query_impl_info_str, 0, (void *)&name);
    return name;
}

struct md *pd_arg_md(const struct pd *pd, int arg)
{
    struct md *md = xcalloc(1, sizeof *md);
    return made(md,
                desc_copy(md, dnnl_primitive_desc_query_md(pd->desc, dnnl_query_exec_arg_md, arg)));
}

dnnl_primitive_t pd_primitive(const struct pd *pd)
{
    dnnl_primitive_t primitive = NULL;
    return dnnl_primitive_create(&primitive, pd->desc) == dnnl_success ? primitive : NULL;
}

// ---- instruction sets ----------------------------------------------------------------------

static const struct {
    const char *name;
    dnnl_cpu_isa_t isa;
} isas[] = {
    {"sse41", dnnl_cpu_isa_sse41},
    {"avx", dnnl_cpu_isa_avx},
    {"avx2", dnnl_cpu_isa_avx2},
    {"avx2_vnni", dnnl_cpu_isa_avx2_vnni},
    {"avx512_core", dnnl_cpu_isa_avx512_core},
    {"avx512", dnnl_cpu_isa_avx512_core},
    {"avx512_core_vnni", dnnl_cpu_isa_avx512_core_vnni},
    {"avx512_core_bf16", dnnl_cpu_isa_avx512_core_bf16},
#if DNNL_VERSION_MAJOR >= 3
    {"avx2_vnni_2", dnnl_cpu_isa_avx2_vnni_2},
    {"avx512_core_fp16", dnnl_cpu_isa_avx512_core_fp16},
    {"avx512_core_amx", dnnl_cpu_isa_avx512_core_amx},
    {"avx512_core_amx_fp16", dnnl_cpu_isa_avx512_core_amx_fp16},
#else
    {"avx512_core_amx", dnnl_cpu_isa_avx512_core_amx},
#endif
};
enum { N_ISAS = sizeof isas / sizeof isas[0] };

bool isa_from_name(const char *name, dnnl_cpu_isa_t *isa)
{
    for (int i = 0; i < N_ISAS; i++) {
        if (strcmp(isas[i].name, name) == 0) {
            *isa = isas[i].isa;
            return true;
        }
    }
    return false;
}

const char *isa_name(dnnl_cpu_isa_t isa)
{
    for (int i = 0; i < N_ISAS; i++)
        if (isas[i].isa == isa)
            return isas[i].name;
    return "unknown";
}

void isa_names(struct str *out)
{
    for (int i = 0; i < N_ISAS; i++)
        str_addf(out, i ? " %s" : "%s", isas[i].name);
}
