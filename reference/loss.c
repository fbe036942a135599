// Reference of losses. X is [mb, classes, spatial...], the classes [mb, spatial...].
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/kernels.h"

// Number of X at the class of element i of the classes, and the weight of that class; both 0 for
// the class that is ignored.
struct hit {
    long double x, weight;
};

static struct hit hit_of(const struct reference_step *s, const long double *x, int64_t i)
{
    const struct tensor *t = s->src[0].t;
    const struct operand *classes = &s->src[1], *weights = optional_source(s, 2);
    int64_t at[MAX_RANK], place[MAX_RANK], class = (int64_t)operand_element(classes, i);
    if (node_has(s->node, ATTR_ignore_index) && class == node_int(s->node, ATTR_ignore_index, 0))
        return (struct hit){0, 0};
    if (class < 0 || class >= t->dims[1]) {
        step_refuse(s, "an index is outside of the data");
        return (struct hit){0, 0};
    }
    tensor_coordinates(classes->t, i, at);
    place[0] = at[0];
    place[1] = class;
    memcpy(place + 2, at + 1, (size_t)(t->rank - 2) * sizeof *place);
    return (struct hit){x[tensor_index(t, place)], weights ? operand_read(weights, class) : 1};
}

// x: logarithms of the probabilities.
static void likelihood_loss(const struct reference_step *s, const long double *x)
{
    int64_t reduction = node_int(s->node, ATTR_loss_reduction, WORD_loss_reduction_mean);
    long double sum = 0, weight = 0;
    for (int64_t i = 0; i < tensor_elements(s->src[1].t); i++) {
        struct hit hit = hit_of(s, x, i);
        sum -= hit.x * hit.weight;
        weight += hit.weight;
        if (s->out && reduction == WORD_loss_reduction_none)
            s->out[i] = -hit.x * hit.weight;
    }
    if (s->out && reduction != WORD_loss_reduction_none)
        s->out[0] = reduction == WORD_loss_reduction_mean ? sum / weight : sum;
}

void reference_nll_loss(const struct reference_step *s)
{
    long double *x = operand_numbers(&s->src[0]);
    likelihood_loss(s, x);
    free(x);
}

static void log_softmax_line(long double *x, const struct lines *l)
{
    long double largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < l->length; i++)
        largest = fmaxl(largest, x[i * l->stride]);
    for (int64_t i = 0; i < l->length; i++)
        sum += (long double)exp((double)(x[i * l->stride] - largest));
    for (int64_t i = 0; i < l->length; i++)
        x[i * l->stride] -= largest + logl(sum);
}

// Result 1: the logarithms of the probabilities.
void reference_cross_entropy(const struct reference_step *s)
{
    const struct tensor *t = s->src[0].t;
    const struct result *log_prob = optional_result(s, 1);
    struct lines l = lines_along(t, 1);
    long double *x = operand_numbers(&s->src[0]);
    for (int64_t i = 0; i < l.n; i++)
        log_softmax_line(x + line_start(&l, i), &l);
    likelihood_loss(s, x);
    if (log_prob)
        memcpy(log_prob->out, x, (size_t)tensor_elements(t) * sizeof *x);
    free(x);
}
