#include "datasets/blocks.h"

struct window same(int kernel, int stride)
{
    return (struct window){.kernel = kernel, .stride = stride, .pad = kernel / 2};
}

struct window depthwise(struct maps x, int kernel, int stride)
{
    struct window w = same(kernel, stride);
    w.groups = (int)x.channels;
    return w;
}

int64_t divisible(double n, int by)
{
    int64_t rounded = (int64_t)(n + by / 2.0) / by * by;
    if (rounded < by)
        rounded = by;
    return (double)rounded < 0.9 * n ? rounded + by : rounded;
}

struct maps conv_act(struct maps x, const char *name, int64_t channels, struct window w,
                     enum activation a)
{
    x = conv(x, name, channels, w);
    return act(x, layer_name(x, "%s.act", name), a);
}

struct maps conv_bn(struct maps x, const char *name, int64_t channels, struct window w)
{
    w.no_bias = true;
    x = conv(x, name, channels, w);
    return batch_norm(x, layer_name(x, "%s.bn", name));
}

struct maps conv_bn_act(struct maps x, const char *name, int64_t channels, struct window w,
                        enum activation a)
{
    x = conv_bn(x, name, channels, w);
    return act(x, layer_name(x, "%s.act", name), a);
}

struct maps conv_bn_relu(struct maps x, const char *name, int64_t channels, struct window w)
{
    return conv_bn_act(x, name, channels, w, ACT_relu);
}

struct maps bn_relu_conv(struct maps x, const char *name, int64_t channels, struct window w)
{
    w.no_bias = true;
    x = batch_norm(x, layer_name(x, "%s.bn", name));
    x = relu(x, layer_name(x, "%s.relu", name));
    return conv(x, name, channels, w);
}

struct maps squeeze_excite(struct maps x, const char *name, int64_t squeezed, enum activation inner,
                           enum activation gate)
{
    struct maps s = within(x, "%s", name);
    s = global_average_pool(s, "pool");
    s = conv_act(s, "reduce", squeezed, w1x1, inner);
    s = conv_act(s, "expand", x.channels, w1x1, gate);
    return mul(x, s, layer_name(x, "%s.mul", name));
}

struct maps mbconv(struct maps x, struct mbconv b)
{
    struct maps in = x;
    if (b.hidden != x.channels)
        x = conv_bn_act(x, "expand", b.hidden, w1x1, b.act);
    x = conv_bn_act(x, "depthwise", b.hidden, depthwise(x, b.kernel, b.stride), b.act);
    if (b.squeezed)
        x = squeeze_excite(x, "se", b.squeezed, b.se_inner, b.se_gate);
    x = conv_bn(x, "project", b.channels, w1x1);
    return b.stride == 1 && in.channels == b.channels ? add(in, x, "add") : x;
}

void classifier(struct maps x, const char *name, int64_t features)
{
    x.scope = NULL;
    x = global_average_pool(x, "avgpool");
    x = flatten(x, "flatten", 1);
    output(fc(x, name, features));
}
