// Packing: weights from row-major contents to what a kernel wants, whole or slice by slice.
#include "runner/kernel.h"

#include <string.h>

#include "base/memory.h"
#include "bricks/plan.h"
#include "runner/dnnl_compat.h"
#include "runner/loops.h"

// ---- one reorder ---------------------------------------------------------------------------

static struct pd *find_reorder(const struct engine *engine, const struct md *from,
                               const struct md *to)
{
    struct prim_spec spec = {.prim = PRIM_reorder, .any_implementation = true};
    prim_spec_add(&spec, DNNL_ARG_SRC, from);
    prim_spec_add(&spec, DNNL_ARG_DST, to);
    return pd_find(engine->dnnl, &spec, 0, NULL);
}

static dnnl_status_t run_reorder(dnnl_stream_t stream, dnnl_primitive_t reorder, dnnl_memory_t from,
                                 dnnl_memory_t to, dnnl_memory_t scratchpad)
{
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}, {DNNL_ARG_SCRATCHPAD, scratchpad}};
    return dnnl_primitive_execute(reorder, stream, 3, args);
}

static int reorder_once(const struct engine *engine, const struct md *from, const void *src,
                        const struct md *to, void *dst, void *room)
{
    struct pd *pd = find_reorder(engine, from, to);
    if (!pd)
        return -1;
    void *readable;
    memcpy(&readable, &src, sizeof readable); // oneDNN's memory objects are not const
    struct md *pad = pd_arg_md(pd, DNNL_ARG_SCRATCHPAD);
    dnnl_primitive_t reorder = pd_primitive(pd);
    dnnl_memory_t a = md_memory(from, engine->dnnl, readable);
    dnnl_memory_t b = md_memory(to, engine->dnnl, dst);
    dnnl_memory_t c = pad ? md_memory(pad, engine->dnnl, room) : NULL;
    dnnl_status_t status =
        reorder && a && b ? run_reorder(engine->stream, reorder, a, b, c) : dnnl_out_of_memory;
    dnnl_memory_destroy(a);
    dnnl_memory_destroy(b);
    dnnl_memory_destroy(c);
    dnnl_primitive_destroy(reorder);
    md_free(pad);
    pd_free(pd);
    return status == dnnl_success ? 0 : -1;
}

static size_t scratchpad_bytes(const struct engine *engine, const struct md *from,
                               const struct md *to)
{
    struct pd *pd = find_reorder(engine, from, to);
    struct md *pad = pd ? pd_arg_md(pd, DNNL_ARG_SCRATCHPAD) : NULL;
    size_t bytes = pad ? md_bytes(pad) : 0;
    md_free(pad);
    pd_free(pd);
    return bytes;
}

// ---- the whole -----------------------------------------------------------------------------

bool kernel_weight_is_opaque(const struct kernel_weight *w)
{
    return w->packed && md_is_opaque(w->packed);
}

// Rearranged contents come first, the reorder's scratchpad behind them.
static size_t rearranged_bytes(const struct kernel_weight *w)
{
    return w->rearranged ? plan_aligned(w->rearranged->bytes) : 0;
}

size_t kernel_pack_room(const struct engine *engine, const struct kernel_weight *w)
{
    return rearranged_bytes(w) + (w->packed ? scratchpad_bytes(engine, w->plain, w->packed) : 0);
}

static void rearrange(const struct rearrangement *r, const void *plain, void *out)
{
    void *args[2] = {NULL, out};
    memcpy(&args[0], &plain, sizeof plain); // loops' arguments are not const
    r->loop->run[LOOP_sse2](r->params, args, 0, 1);
}

static int refused(const struct kernel *k, int src, struct error *err)
{
    return fail(err, "oneDNN cannot pack source %d for %s", src, k->implementation);
}

int kernel_pack(const struct engine *engine, const struct kernel *k, int src, const void *plain,
                void *packed, void *room, struct error *err)
{
    const struct kernel_weight *w = &k->weights[src];
    if (w->rearranged) {
        rearrange(w->rearranged, plain, room);
        plain = room;
    }
    if (!w->packed) {
        memcpy(packed, plain, w->bytes);
        return 0;
    }
    char *pad = (char *)room + rearranged_bytes(w);
    return reorder_once(engine, w->plain, plain, w->packed, packed, pad) == 0
               ? 0
               : refused(k, src, err);
}

// ---- slices --------------------------------------------------------------------------------

enum { BLOCK = 64 }; // blocks of f32 have as many or a part of that

struct kernel_slices kernel_slices(const struct kernel_weight *w)
{
    struct kernel_slices s = {1, 0};
    if (!w->packed || w->rearranged || md_is_opaque(w->packed))
        return s;
    int d = md_outermost(w->plain, &s.rows);
    struct md *first = d != NONE && s.rows > BLOCK ? md_slice(w->packed, d, 0, BLOCK) : NULL;
    s.unit = first ? BLOCK : 0;
    md_free(first);
    return s;
}

int kernel_pack_slice(const struct engine *engine, const struct kernel *k, int src, int64_t first,
                      int64_t n, const void *plain, void *packed, struct error *err)
{
    const struct kernel_weight *w = &k->weights[src];
    int64_t all;
    int d = md_outermost(w->plain, &all);
    struct md *from = md_slice(w->plain, d, 0, n), *to = md_slice(w->packed, d, first, n);
    int status = from && to ? reorder_once(engine, from, plain, to, packed, NULL) : -1;
    md_free(from);
    md_free(to);
    return status == 0 ? 0 : refused(k, src, err);
}
