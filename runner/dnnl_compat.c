#include "runner/dnnl_describe.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bricks/graph.h"

struct pd {
    enum prim prim;
    dnnl_primitive_desc_t desc;
};

static const dnnl_data_type_t data_types[N_TYPES] = {
    [TYPE_f32] = dnnl_f32, [TYPE_u8] = dnnl_u8,   [TYPE_s8] = dnnl_s8,
    [TYPE_s32] = dnnl_s32, [TYPE_f16] = dnnl_f16, [TYPE_bf16] = dnnl_bf16,
};

// ---- memory descriptors: a struct in 2.6, a handle in 3.x ----------------------------------

struct shape {
    int rank;
    dnnl_dims_t dims, strides; // strides of blocks, where there are blocks
};

#if DNNL_VERSION_MAJOR >= 3

desc_ref md_ref(const struct md *md)
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

static void desc_shape(const struct md *md, struct shape *s)
{
    const dnnl_dims_t *dims, *strides;
    dnnl_memory_desc_query(md->desc, dnnl_query_ndims_s32, &s->rank);
    dnnl_memory_desc_query(md->desc, dnnl_query_dims, &dims);
    dnnl_memory_desc_query(md->desc, dnnl_query_strides, &strides);
    memcpy(s->dims, dims, sizeof s->dims);
    memcpy(s->strides, strides, sizeof s->strides);
}

static dnnl_status_t desc_slice(struct md *md, const struct md *from, const dnnl_dims_t dims,
                                const dnnl_dims_t offsets)
{
    return dnnl_memory_desc_create_submemory(&md->desc, from->desc, dims, offsets);
}

static dnnl_format_kind_t desc_format_kind(const struct md *md)
{
    dnnl_format_kind_t kind = dnnl_format_kind_undef;
    dnnl_memory_desc_query(md->desc, dnnl_query_format_kind, &kind);
    return kind;
}

#else

desc_ref md_ref(const struct md *md)
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

static void desc_shape(const struct md *md, struct shape *s)
{
    s->rank = md->desc.ndims;
    memcpy(s->dims, md->desc.dims, sizeof s->dims);
    memcpy(s->strides, md->desc.format_desc.blocking.strides, sizeof s->strides);
}

static dnnl_status_t desc_slice(struct md *md, const struct md *from, const dnnl_dims_t dims,
                                const dnnl_dims_t offsets)
{
    return dnnl_memory_desc_init_submemory(&md->desc, &from->desc, dims, offsets);
}

static dnnl_format_kind_t desc_format_kind(const struct md *md)
{
    return md->desc.format_kind;
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
    return dnnl_memory_desc_get_size(md_ref(md));
}

bool md_equal(const struct md *a, const struct md *b)
{
    return dnnl_memory_desc_equal(md_ref(a), md_ref(b)) != 0;
}

bool md_is_opaque(const struct md *md)
{
    return desc_format_kind(md) != dnnl_blocked;
}

int md_outermost(const struct md *md, int64_t *n)
{
    struct shape s;
    int outermost = NONE;
    desc_shape(md, &s);
    for (int i = 0; i < s.rank; i++)
        if (s.dims[i] > 1 && (outermost == NONE || s.strides[i] > s.strides[outermost]))
            outermost = i;
    if (outermost == NONE)
        return NONE;
    *n = s.dims[outermost];
    return s.strides[outermost] * *n == dims_count(s.dims, 0, s.rank) ? outermost : NONE;
}

struct md *md_slice(const struct md *md, int d, int64_t first, int64_t n)
{
    struct md *slice = xcalloc(1, sizeof *slice);
    dnnl_dims_t from = {0};
    struct shape s;
    desc_shape(md, &s);
    s.dims[d] = n;
    from[d] = first;
    return made(slice, desc_slice(slice, md, s.dims, from));
}

dnnl_memory_t md_memory(const struct md *md, dnnl_engine_t engine, void *handle)
{
    dnnl_memory_t memory = NULL;
    return dnnl_memory_create(&memory, md_ref(md), engine, handle) == dnnl_success ? memory : NULL;
}

// ---- attributes ----------------------------------------------------------------------------

void prim_spec_add(struct prim_spec *spec, int arg, const struct md *md)
{
    spec->args[spec->n_args++] = (struct prim_arg){arg, md};
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
        return dnnl_post_ops_append_binary(ops, p->alg, md_ref(p->md));
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
    dnnl_primitive_desc_t desc = prim_describe(engine, spec, attr);
    dnnl_primitive_attr_destroy(attr);
    if (!desc)
        return NULL;
    struct pd *pd = xcalloc(1, sizeof *pd);
    pd->prim = spec->prim;
    pd->desc = desc;
    return pd;
}

void pd_each(dnnl_engine_t engine, const struct prim_spec *spec, pd_visit *visit, void *context)
{
    dnnl_primitive_attr_t attr = spec_complete(spec) ? make_attr(0, NULL) : NULL;
    if (!attr)
        return;
    prim_each(engine, spec, attr, visit, context);
    dnnl_primitive_attr_destroy(attr);
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
    return prim_name(pd->prim, pd->desc);
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
