// Making nests: leaving out what is of extent 1, and merging what runs through without a break.
#include "runner/loops.h"

static void swap_dims(struct loop_nest *nest, int a, int b)
{
    int64_t dim = nest->dims[a];
    nest->dims[a] = nest->dims[b];
    nest->dims[b] = dim;
    for (int t = 0; t < nest->n; t++) {
        int64_t stride = nest->strides[t][a];
        nest->strides[t][a] = nest->strides[t][b];
        nest->strides[t][b] = stride;
    }
}

// The result's largest stride first.
static void sort_dims(struct loop_nest *nest)
{
    const int64_t *key = nest->strides[nest->n - 1];
    for (int i = 1; i < nest->rank; i++)
        for (int k = i; k > 0 && key[k - 1] < key[k]; k--)
            swap_dims(nest, k - 1, k);
}

static bool mergeable(const struct loop_nest *nest, int outer, int inner)
{
    for (int t = 0; t < nest->n; t++)
        if (nest->strides[t][outer] != nest->strides[t][inner] * nest->dims[inner])
            return false;
    return true;
}

static void merge_dims(struct loop_nest *nest)
{
    int last = 0;
    for (int i = 1; i < nest->rank; i++) {
        if (mergeable(nest, last, i))
            nest->dims[i] *= nest->dims[last];
        else
            last++;
        nest->dims[last] = nest->dims[i];
        for (int t = 0; t < nest->n; t++)
            nest->strides[t][last] = nest->strides[t][i];
    }
    nest->rank = last + 1;
}

void loop_nest_make(struct loop_nest *nest, int n, int rank, const int64_t *dims,
                    const int64_t strides[][LOOP_RANK])
{
    *nest = (struct loop_nest){.n = n};
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 1)
            continue;
        nest->dims[nest->rank] = dims[i];
        for (int t = 0; t < n; t++)
            nest->strides[t][nest->rank] = strides[t][i];
        nest->rank++;
    }
    if (nest->rank == 0)
        nest->dims[nest->rank++] = 1;
    sort_dims(nest);
    merge_dims(nest);
}

void loop_nest_broadcast(struct loop_nest *nest, int n, const struct tensor *const *tensors)
{
    int64_t strides[LOOP_TENSORS][LOOP_RANK];
    const struct tensor *dst = tensors[n - 1];
    for (int t = 0; t < n; t++) {
        tensor_strides(tensors[t], strides[t]);
        for (int i = 0; i < dst->rank; i++)
            if (tensors[t]->dims[i] == 1)
                strides[t][i] = 0;
    }
    loop_nest_make(nest, n, dst->rank, dst->dims, strides);
}
