#include "reference/window.h"

struct window window_of(const struct node *n, int rank, const int64_t *kernel)
{
    struct window w = {.rank = rank - 2, .taps = 1};
    for (int i = 0; i < w.rank; i++) {
        w.kernel[i] = node_item(n, ATTR_kernel_shape, i, kernel[i]);
        w.stride[i] = node_item(n, ATTR_strides, i, 1);
        w.dilation[i] = node_item(n, ATTR_dilations, i, 1);
        w.begin[i] = node_item(n, ATTR_pads, i, 0);
        w.end[i] = node_item(n, ATTR_pads, w.rank + i, 0);
        w.taps *= w.kernel[i];
    }
    return w;
}

enum where tap_place(const struct window *w, const struct tensor *src, const int64_t *at,
                     int64_t tap, int64_t *place)
{
    enum where where = INSIDE;
    for (int i = w->rank - 1; i >= 0; i--) {
        int64_t size = src->dims[2 + i];
        int64_t x = at[2 + i] * w->stride[i] - w->begin[i] + tap % w->kernel[i] * w->dilation[i];
        tap /= w->kernel[i];
        if (x >= size + w->end[i])
            return BEYOND;
        if (x < 0 || x >= size)
            where = IN_PADDING;
        place[i] = x;
    }
    return where;
}
