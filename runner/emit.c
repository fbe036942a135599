// From described primitives and loops to ops of a kernel: choosing between fused and separate
// posts, packing weights, passing results through temporaries.
#include "runner/lower.h"

#include <string.h>

#include "bricks/step.h"

// ---- operands ------------------------------------------------------------------------------

struct place place_of(int operand)
{
    return (struct place){.operand = operand};
}

bool lowering_has(const struct lowering *l, int src)
{
    return src < step_own_sources(l->n) && l->n->src[src] != NONE;
}

bool lowering_is_weight(const struct lowering *l, int src)
{
    const struct node *n = l->n;
    return src >= 0 && src < n->n_src && n->src[src] != NONE && graph_is_weight(l->g, n->src[src]);
}

struct operand lowering_operand(const struct lowering *l, int operand)
{
    const struct node *n = l->n;
    int v = operand < n->n_src ? n->src[operand] : n->dst[operand - n->n_src];
    struct operand o = {place_of(operand), l->g->values[v].t};
    bool spatial = op_info(n->op)->layout == OP_LAYOUT_spatial;
    if (spatial && o.t.rank >= 3 && o.t.rank <= 5 && tensor_layouts_coincide(&o.t))
        o.t.layout = LAYOUT_last;
    return o;
}

const struct md *lowering_keep(struct lowering *l, struct md *md)
{
    struct kernel *k = l->k;
    if (!md)
        return NULL;
    grow(&k->mds, &k->mds_capacity, k->n_mds + 1, sizeof *k->mds);
    k->mds[k->n_mds++] = md;
    return md;
}

int unsupported(const struct lowering *l, const char *reason)
{
    const struct node *n = l->n;
    struct str text = STR_INIT;
    for (int k = 0; k < n->n_src; k++) {
        str_add(&text, k ? ", " : "");
        if (n->src[k] != NONE)
            tensor_print(&l->g->values[n->src[k]].t, &text);
    }
    str_add(&text, " -> ");
    tensor_print(&l->dst.t, &text);
    fail(l->err, "%s '%s' (%s) cannot be run: %s", op_info(n->op)->name, n->name ? n->name : "",
         text.text, reason);
    str_release(&text);
    return -1;
}

// ---- ops -----------------------------------------------------------------------------------

static struct kernel_op *add_op(struct lowering *l, const char *name)
{
    struct kernel *k = l->k;
    if (k->n_ops == MAX_KERNEL_OPS)
        BUG("a step of more than %d ops", MAX_KERNEL_OPS);
    struct kernel_op *op = &k->ops[k->n_ops++];
    *op = (struct kernel_op){.name = arena_strdup(&k->arena, name)};
    return op;
}

// Takes back the ops from number `first` on.
static bool take_back(struct lowering *l, int first)
{
    for (; l->k->n_ops > first; l->k->n_ops--)
        dnnl_primitive_destroy(l->k->ops[l->k->n_ops - 1].primitive);
    return false;
}

struct place lowering_temporary(struct lowering *l, size_t bytes)
{
    struct place place = {OPERAND_temporary, l->k->temporary_bytes};
    l->k->temporary_bytes += (bytes + 63) / 64 * 64;
    return place;
}

static void add_arg(struct kernel_op *op, int arg, const struct md *md, struct place place)
{
    op->args[op->n_args++] = (struct op_arg){arg, md, place};
}

static void add_scratchpad(struct lowering *l, struct kernel_op *op, const struct pd *pd)
{
    struct md *md = pd_arg_md(pd, DNNL_ARG_SCRATCHPAD);
    size_t bytes = md ? md_bytes(md) : 0;
    if (bytes > 0)
        add_arg(op, DNNL_ARG_SCRATCHPAD, lowering_keep(l, md), place_of(OPERAND_scratchpad));
    else
        md_free(md);
    if (bytes > l->k->scratchpad_bytes)
        l->k->scratchpad_bytes = bytes;
}

static void add_post_args(struct lowering *l, struct kernel_op *op, int n,
                          const struct fused *posts)
{
    for (int i = 0; i < n; i++)
        if (posts[i].kind == PRIM_POST_binary)
            add_arg(op, DNNL_ARG_ATTR_MULTIPLE_POST_OP(i) | DNNL_ARG_SRC_1,
                    lowering_keep(l, md_tensor(&posts[i].operand.t)), posts[i].operand.place);
}

enum loop_isa lowering_isa(const struct lowering *l)
{
    return loop_isa_of(l->engine->environment.value[ENV_isa]);
}

void emit_loop(struct lowering *l, const struct loop *loop, const void *params, size_t params_bytes,
               int n_args, const struct place *args)
{
    enum loop_isa isa = lowering_isa(l);
    char name[64];
    snprintf(name, sizeof name, "%s:%s", loop->name, loop_isa_name(isa));
    struct kernel_op *op = add_op(l, name);
    op->loop = loop->run[isa];
    op->params = arena_copy(&l->k->arena, params, params_bytes);
    op->args = arena_alloc(&l->k->arena, sizeof *op->args * (size_t)n_args);
    for (int i = 0; i < n_args; i++)
        add_arg(op, 0, NULL, args[i]);
}

static bool pack(struct lowering *l, int src, const struct rearrangement *rearranged,
                 const struct md *plain, const struct md *packed, struct place *place);

// Adds the primitive of `pd` with the arguments of s. What is not packed yet gets packed before.
static bool emit_pd(struct lowering *l, const struct step_spec *s, const struct pd *pd, int n,
                    const struct fused *posts)
{
    int first = l->k->n_ops, n_args = s->prim.n_args;
    const struct md *md[MAX_PRIM_ARGS];
    struct place place[MAX_PRIM_ARGS];
    for (int i = 0; i < n_args; i++) {
        md[i] = lowering_keep(l, pd_arg_md(pd, s->prim.args[i].arg));
        place[i] = s->place[i];
        if (s->plain[i] &&
            !pack(l, place[i].operand, s->rearranged[i], s->plain[i], md[i], &place[i]))
            return take_back(l, first);
    }
    struct kernel_op *op = add_op(l, pd_implementation(pd));
    op->args = arena_alloc(&l->k->arena, sizeof *op->args * (size_t)(n_args + n + 1));
    for (int i = 0; i < n_args; i++)
        add_arg(op, s->prim.args[i].arg, md[i], place[i]);
    add_post_args(l, op, n, posts);
    add_scratchpad(l, op, pd);
    op->primitive = pd_primitive(pd);
    return op->primitive || take_back(l, first);
}

static bool emit_pack(struct lowering *l, struct place from, const struct md *plain,
                      const struct md *packed, struct place to)
{
    struct step_spec s = {.prim = {.prim = PRIM_reorder, .any_implementation = true}};
    step_bind(&s, DNNL_ARG_SRC, plain, from);
    step_bind(&s, DNNL_ARG_DST, packed, to);
    struct pd *pd = pd_find(l->engine->dnnl, &s.prim, 0, NULL);
    bool ok = pd && emit_pd(l, &s, pd, 0, NULL);
    pd_free(pd);
    return ok;
}

static struct place emit_rearrangement(struct lowering *l, const struct rearrangement *r, int src)
{
    struct place args[] = {place_of(src), lowering_temporary(l, r->bytes)};
    emit_loop(l, r->loop, r->params, r->params_bytes, 2, args);
    return args[1];
}

static bool pack(struct lowering *l, int src, const struct rearrangement *rearranged,
                 const struct md *plain, const struct md *packed, struct place *place)
{
    bool same = md_equal(plain, packed);
    *place = place_of(src);
    if (lowering_is_weight(l, src)) {
        l->k->weights[src] = (struct kernel_weight){
            .bytes = md_bytes(packed),
            .packed = same ? NULL : packed,
            .plain = plain,
            .rearranged = rearranged,
        };
        return true;
    }
    if (rearranged)
        *place = emit_rearrangement(l, rearranged, src);
    if (same)
        return true;
    struct place from = *place;
    *place = lowering_temporary(l, md_bytes(packed));
    return emit_pack(l, from, plain, packed, *place);
}

bool lowering_packed(struct lowering *l, int src, const struct md *plain, const struct md *packed,
                     struct place *place)
{
    return pack(l, src, NULL, plain, packed, place);
}

bool lowering_align(struct lowering *l, int src, struct operand *aligned)
{
    *aligned = lowering_operand(l, src);
    struct tensor *t = &aligned->t, given = *t;
    const struct tensor *dst = &l->dst.t;
    int ones = dst->rank - given.rank;
    if (ones < 0 || (ones > 0 && given.layout == LAYOUT_last))
        return false;
    t->rank = dst->rank;
    for (int i = 0; i < t->rank; i++)
        t->dims[i] = i < ones ? 1 : given.dims[i - ones];
    if (t->layout == dst->layout)
        return true;
    struct tensor other = *t;
    other.layout = dst->layout;
    if (!tensor_layouts_coincide(t)) {
        const struct md *plain = lowering_keep(l, md_tensor(t));
        const struct md *packed = lowering_keep(l, md_tensor(&other));
        if (!lowering_is_weight(l, src) || !plain || !packed ||
            !lowering_packed(l, src, plain, packed, &aligned->place))
            return true;
    }
    *t = other;
    return true;
}

// ---- describing a primitive ----------------------------------------------------------------

void step_bind(struct step_spec *s, int arg, const struct md *md, struct place place)
{
    int i = s->prim.n_args++;
    s->prim.args[i] = (struct prim_arg){arg, md};
    s->place[i] = place;
}

void step_bind_operand(struct lowering *l, struct step_spec *s, int arg, const struct operand *o)
{
    step_bind(s, arg, lowering_keep(l, md_tensor(&o->t)), o->place);
    if (arg == DNNL_ARG_DST)
        s->dst = *o;
}

void step_bind_packed(struct step_spec *s, int arg, const struct md *any, const struct md *plain,
                      int src)
{
    step_bind(s, arg, any, place_of(src));
    s->plain[s->prim.n_args - 1] = plain;
}

void step_bind_rearranged(struct step_spec *s, int arg, const struct md *any,
                          const struct md *plain, const struct rearrangement *rearranged, int src)
{
    step_bind_packed(s, arg, any, plain, src);
    s->rearranged[s->prim.n_args - 1] = rearranged;
}

// Lets the primitive write its result elsewhere.
static void redirect(struct step_spec *s, struct place place)
{
    s->dst.place = place;
    for (int i = 0; i < s->prim.n_args; i++)
        if (s->prim.args[i].arg == DNNL_ARG_DST)
            s->place[i] = place;
}

// ---- posts ---------------------------------------------------------------------------------

bool has_post(enum prim_post_kind kind, int n, const struct fused *posts)
{
    for (int i = 0; i < n; i++)
        if (posts[i].kind == kind)
            return true;
    return false;
}

// Qualities of implementations: generated code, above matrix products over copied windows
// ("gemm:jit") and plain code ("simple_nhwc:any"). Only generated code fuses posts well: the others
// apply them number by number, a Relu by a branch, so that a step's time depends on the signs of
// its results (2.6, below AVX-512: ShuffleNet's convolutions 325 us for positive numbers, 700 for
// others).
enum quality { QUALITY_none, QUALITY_plain, QUALITY_generated };

static enum quality quality_of(const struct pd *pd)
{
    if (!pd)
        return QUALITY_none;
    const char *name = pd_implementation(pd), *end = strrchr(name, ':');
    bool gemm = strncmp(name, "gemm:", 5) == 0 || strstr(name, ":gemm:");
    return gemm || (end && strcmp(end, ":any") == 0) ? QUALITY_plain : QUALITY_generated;
}

// oneDNN 2.6's convolution by matrix products reads operands of posts at the wrong places, but for
// those of one number per channel (off by factors, channels-last).
static bool misreads(const struct step_spec *s, const struct pd *pd, int n,
                     const struct fused *posts)
{
    if (s->prim.prim != PRIM_convolution || quality_of(pd) != QUALITY_plain)
        return false;
    for (int i = 0; i < n; i++) {
        const struct tensor *t = &posts[i].operand.t;
        if (posts[i].kind == PRIM_POST_binary && tensor_elements(t) != 1 &&
            tensor_elements(t) != t->dims[1])
            return true;
    }
    return false;
}

static struct pd *find(struct lowering *l, const struct step_spec *s, int n,
                       const struct fused *posts)
{
    struct prim_post prim[MAX_FUSED] = {0};
    if (s->reshaped && has_post(PRIM_POST_binary, n, posts))
        return NULL;
    for (int i = 0; i < n; i++) {
        const struct fused *f = &posts[i];
        if (f->alg == dnnl_alg_kind_undef)
            return NULL;
        prim[i] = (struct prim_post){f->kind, f->alg, f->alpha, f->beta, NULL};
        if (f->kind == PRIM_POST_binary)
            prim[i].md = lowering_keep(l, md_tensor(&f->operand.t));
    }
    struct pd *pd = pd_find(l->engine->dnnl, &s->prim, n, prim);
    if (!misreads(s, pd, n, posts))
        return pd;
    pd_free(pd);
    return NULL;
}

// Posts as ops of their own: src is what they start from, dst gets the result. A sum takes what
// dst holds.
static bool emit_posts(struct lowering *l, const struct operand *src, const struct operand *dst,
                       int n, const struct fused *posts)
{
    if (n == 0)
        return true;
    if (posts->kind == PRIM_POST_eltwise)
        return emit_eltwise(l, posts, src, dst, n - 1, posts + 1);
    const struct operand *other = posts->kind == PRIM_POST_sum ? dst : &posts->operand;
    return emit_binary(l, posts->alg, src, other, dst, n - 1, posts + 1);
}

static bool emit_apart(struct lowering *l, const struct step_spec *s, const struct pd *pd, int n,
                       const struct fused *posts)
{
    struct step_spec base = *s;
    int first = l->k->n_ops;
    if (has_post(PRIM_POST_sum, n, posts))
        redirect(&base, lowering_temporary(l, tensor_bytes(&s->dst.t)));
    return (emit_pd(l, &base, pd, 0, NULL) && emit_posts(l, &base.dst, &s->dst, n, posts)) ||
           take_back(l, first);
}

bool emit_with_posts(struct lowering *l, const struct step_spec *s, int n,
                     const struct fused *posts)
{
    struct pd *fused = n > 0 ? find(l, s, n, posts) : NULL;
    bool ok = quality_of(fused) == QUALITY_generated && emit_pd(l, s, fused, n, posts);
    struct pd *plain = ok ? NULL : find(l, s, 0, NULL);
    if (!ok && plain)
        ok = emit_apart(l, s, plain, n, posts);
    if (!ok && fused)
        ok = emit_pd(l, s, fused, n, posts);
    pd_free(plain);
    pd_free(fused);
    return ok;
}

bool emit_generated(struct lowering *l, const struct step_spec *s, int n, const struct fused *posts)
{
    struct pd *pd = find(l, s, n, posts);
    bool ok = quality_of(pd) == QUALITY_generated && emit_pd(l, s, pd, n, posts);
    pd_free(pd);
    return ok;
}

// The same before the colon is the same code with fewer instructions: oneDNN has the best first.
static void add_offer(void *context, const char *name)
{
    struct kernel_names *offers = context;
    const char *end = strrchr(name, ':');
    size_t stem = end ? (size_t)(end - name) + 1 : strlen(name) + 1;
    for (int i = 0; i < offers->n; i++)
        if (strncmp(offers->name[i], name, stem) == 0)
            return;
    kernel_names_add(offers, name);
}

bool emit_by_choice(struct lowering *l, struct step_spec *s, emitter *emit, int n,
                    const struct fused *posts)
{
    s->prim.only = l->only;
    if (!l->offers)
        return emit(l, s, n, posts);
    pd_each(l->engine->dnnl, &s->prim, add_offer, l->offers);
    return false;
}

// ---- loops ---------------------------------------------------------------------------------

bool emit_loop_with_posts(struct lowering *l, const struct loop *loop, const void *params,
                          size_t params_bytes, int n_args, struct place *args,
                          const struct operand *dst, int n, const struct fused *posts)
{
    int first = l->k->n_ops;
    struct operand result = *dst;
    if (has_post(PRIM_POST_sum, n, posts))
        result.place = args[n_args - 1] = lowering_temporary(l, tensor_bytes(&dst->t));
    emit_loop(l, loop, params, params_bytes, n_args, args);
    return emit_posts(l, &result, dst, n, posts) || take_back(l, first);
}
