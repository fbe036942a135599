// From a prim_spec to oneDNN's description of the operation, and the choice of an implementation.
#include "runner/dnnl_describe.h"

#include <string.h>

static desc_ref spec_ref(const struct prim_spec *spec, int arg)
{
    for (int i = 0; i < spec->n_args; i++)
        if (spec->args[i].arg == arg)
            return md_ref(spec->args[i].md);
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
        dnnl_layer_normalization_desc_t layer_normalization_forward;
        dnnl_deconvolution_desc_t deconvolution_forward;
        dnnl_rnn_desc_t lstm_forward, gru_forward, lbr_gru_forward, vanilla_rnn_forward;
        dnnl_eltwise_desc_t eltwise_forward;
        dnnl_binary_desc_t binary;
    };
};
#define DESCRIBE(name, name_in_2, ...) dnnl_##name_in_2##_desc_init(&m->name, __VA_ARGS__)
#define dnnl_lstm_forward_v3_desc_init dnnl_lstm_forward_desc_init_v3
#define SRC_DST SRC // of primitives whose destination is like the source

#endif

#define SRC spec_ref(s, DNNL_ARG_SRC)
#define SRC_1 spec_ref(s, DNNL_ARG_SRC_1)
#define WEIGHTS spec_ref(s, DNNL_ARG_WEIGHTS)
#define WEIGHTS_1 spec_ref(s, DNNL_ARG_WEIGHTS_1)
#define BIAS spec_ref(s, DNNL_ARG_BIAS)
#define DST spec_ref(s, DNNL_ARG_DST)

static dnnl_status_t make_convolution(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(convolution_forward, dilated_convolution_forward, dnnl_forward_inference,
                    s->alg, SRC, WEIGHTS, BIAS, DST, s->strides, s->dilations, s->pads_begin,
                    s->pads_end);
}

static dnnl_status_t make_deconvolution(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(deconvolution_forward, dilated_deconvolution_forward, dnnl_forward_inference,
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
    return DESCRIBE(softmax_forward, softmax_v2_forward, dnnl_forward_inference, s->alg, SRC, DST,
                    s->axis);
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

static dnnl_status_t make_layer_normalization(struct making *m, const struct prim_spec *s)
{
    unsigned flags = (spec_ref(s, DNNL_ARG_SCALE) ? dnnl_use_scale : 0u) |
                     (spec_ref(s, DNNL_ARG_SHIFT) ? dnnl_use_shift : 0u);
    return DESCRIBE(layer_normalization_forward, layer_normalization_forward,
                    dnnl_forward_inference, SRC_DST, NULL, s->epsilon, flags);
}

static dnnl_status_t make_lstm(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(lstm_forward, lstm_forward_v3, dnnl_forward_inference, s->direction, SRC, SRC_1,
                    spec_ref(s, DNNL_ARG_SRC_ITER_C), WEIGHTS, WEIGHTS_1,
                    spec_ref(s, DNNL_ARG_WEIGHTS_PEEPHOLE), NULL, BIAS, DST,
                    spec_ref(s, DNNL_ARG_DST_ITER), spec_ref(s, DNNL_ARG_DST_ITER_C),
                    dnnl_rnn_flags_undef);
}

// What GRUs and plain recurrent networks have in common.
#define RNN_TENSORS                                                                                \
    s->direction, SRC, SRC_1, WEIGHTS, WEIGHTS_1, BIAS, DST, spec_ref(s, DNNL_ARG_DST_ITER),       \
        dnnl_rnn_flags_undef

static dnnl_status_t make_gru(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(gru_forward, gru_forward, dnnl_forward_inference, RNN_TENSORS);
}

static dnnl_status_t make_lbr_gru(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(lbr_gru_forward, lbr_gru_forward, dnnl_forward_inference, RNN_TENSORS);
}

static dnnl_status_t make_vanilla_rnn(struct making *m, const struct prim_spec *s)
{
    return DESCRIBE(vanilla_rnn_forward, vanilla_rnn_forward, dnnl_forward_inference, s->alg,
                    RNN_TENSORS, s->alpha, s->beta);
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
    [PRIM_deconvolution] = make_deconvolution,
    [PRIM_inner_product] = make_inner_product,
    [PRIM_matmul] = make_matmul,
    [PRIM_pooling] = make_pooling,
    [PRIM_softmax] = make_softmax,
    [PRIM_lrn] = make_lrn,
    [PRIM_batch_normalization] = make_batch_normalization,
    [PRIM_layer_normalization] = make_layer_normalization,
    [PRIM_lstm] = make_lstm,
    [PRIM_gru] = make_gru,
    [PRIM_lbr_gru] = make_lbr_gru,
    [PRIM_vanilla_rnn] = make_vanilla_rnn,
    [PRIM_eltwise] = make_eltwise,
    [PRIM_binary] = make_binary,
};

static const char *implementation(dnnl_primitive_desc_t desc)
{
    const char *name = NULL;
    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)&name);
    return name ? name : "";
}

static bool is_recurrent(enum prim prim)
{
    return prim == PRIM_lstm || prim == PRIM_gru || prim == PRIM_lbr_gru ||
           prim == PRIM_vanilla_rnn;
}

// "ref:any", "ref_concat:any", "lrn_ref:any", "bnorm_ref:any".
static bool is_reference(const char *name)
{
    return !*name || strncmp(name, "ref", 3) == 0 || strstr(name, "_ref:");
}

// Recurrent networks that oneDNN has no fused code for are called "ref", too, but are products of
// its own generated code with generated gates: a GRU of 128 units reaches 210 GFLOP/s with one
// thread where an LSTM by brgemm reaches 214 (Zen 5, oneDNN 2.6.3).
const char *prim_name(enum prim prim, dnnl_primitive_desc_t desc)
{
    const char *name = implementation(desc);
    return is_recurrent(prim) && is_reference(name) ? "rnn:gemm" : name;
}

static bool acceptable(dnnl_primitive_desc_t desc, const struct prim_spec *s)
{
    const char *name = prim_name(s->prim, desc);
    bool other = s->only && strcmp(name, s->only) != 0;
    return s->any_implementation || (!is_reference(name) && !other);
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

void prim_each(dnnl_engine_t engine, const struct prim_spec *s, const_dnnl_primitive_attr_t attr,
               pd_visit *visit, void *context)
{
    struct making m = {NULL, engine, attr};
    dnnl_status_t status = makers[s->prim](&m, s);
    if (status != dnnl_success)
        return;
    for (; status == dnnl_success; status = dnnl_primitive_desc_next_impl(m.desc))
        if (acceptable(m.desc, s))
            visit(context, prim_name(s->prim, m.desc));
    dnnl_primitive_desc_destroy(m.desc);
}

#else

// The first acceptable implementation from where the iterator stands.
static dnnl_primitive_desc_t fetch(dnnl_primitive_desc_iterator_t it, const struct prim_spec *s)
{
    dnnl_status_t status = dnnl_success;
    for (; status == dnnl_success; status = dnnl_primitive_desc_iterator_next(it)) {
        dnnl_primitive_desc_t desc = dnnl_primitive_desc_iterator_fetch(it);
        if (acceptable(desc, s))
            return desc;
        dnnl_primitive_desc_destroy(desc);
    }
    return NULL;
}

static bool begins(const struct prim_spec *s, dnnl_primitive_desc_t desc, const char *name)
{
    return desc && strncmp(prim_name(s->prim, desc), name, strlen(name)) == 0;
}

// For depthwise convolutions "brdgmm" comes first, but the "jit" behind it is faster: by 20 % over
// those of ConvNeXt, 6 % of EfficientNet (Zen 5, two threads; `bench --choose` compares both).
static dnnl_primitive_desc_t prefer_jit(dnnl_primitive_desc_iterator_t it,
                                        const struct prim_spec *s, dnnl_primitive_desc_t first)
{
    if (!begins(s, first, "brdgmm") || dnnl_primitive_desc_iterator_next(it) != dnnl_success)
        return first;
    dnnl_primitive_desc_t second = fetch(it, s);
    bool faster = begins(s, second, "jit");
    dnnl_primitive_desc_destroy(faster ? first : second);
    return faster ? second : first;
}

// NULL if oneDNN has nothing for it. The iterator reads m for as long as it lives.
static dnnl_primitive_desc_iterator_t iterate(struct making *m, dnnl_engine_t engine,
                                              const struct prim_spec *s,
                                              const_dnnl_primitive_attr_t attr)
{
    dnnl_primitive_desc_iterator_t it = NULL;
    bool ok = makers[s->prim](m, s) == dnnl_success &&
              dnnl_primitive_desc_iterator_create(&it, m, attr, engine, NULL) == dnnl_success;
    return ok ? it : NULL;
}

void prim_each(dnnl_engine_t engine, const struct prim_spec *s, const_dnnl_primitive_attr_t attr,
               pd_visit *visit, void *context)
{
    struct making m;
    dnnl_primitive_desc_iterator_t it = iterate(&m, engine, s, attr);
    dnnl_status_t status = it ? dnnl_success : dnnl_iterator_ends;
    for (; status == dnnl_success; status = dnnl_primitive_desc_iterator_next(it)) {
        dnnl_primitive_desc_t desc = dnnl_primitive_desc_iterator_fetch(it);
        if (acceptable(desc, s))
            visit(context, prim_name(s->prim, desc));
        dnnl_primitive_desc_destroy(desc);
    }
    dnnl_primitive_desc_iterator_destroy(it);
}

static dnnl_primitive_desc_t find_desc(dnnl_engine_t engine, const struct prim_spec *s,
                                       const_dnnl_primitive_attr_t attr)
{
    struct making m;
    dnnl_primitive_desc_iterator_t it = iterate(&m, engine, s, attr);
    if (!it)
        return NULL;
    dnnl_primitive_desc_t desc = prefer_jit(it, s, fetch(it, s));
    dnnl_primitive_desc_iterator_destroy(it);
    return desc;
}

#endif

dnnl_primitive_desc_t prim_describe(dnnl_engine_t engine, const struct prim_spec *s,
                                    const_dnnl_primitive_attr_t attr)
{
    return s->prim == PRIM_reorder ? find_reorder(engine, s, attr) : find_desc(engine, s, attr);
}
