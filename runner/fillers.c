#include "runner/fillers.h"

// Convolutions over the sizes that networks have: input channels, image side, output channels,
// kernel side, groups; stride 1, padded to keep the side.
static const struct filler {
    int ic, side, oc, kernel, groups;
} fillers[] = {
    {3, 224, 32, 3, 1},     {64, 112, 64, 1, 1},   {32, 112, 32, 3, 32},   {64, 56, 64, 3, 1},
    {64, 56, 256, 1, 1},    {256, 56, 64, 1, 1},   {144, 56, 144, 3, 144}, {24, 56, 144, 1, 1},
    {128, 28, 128, 3, 1},   {512, 28, 128, 1, 1},  {192, 28, 32, 1, 1},    {192, 28, 192, 3, 192},
    {256, 14, 256, 3, 1},   {256, 14, 1024, 1, 1}, {1024, 14, 256, 1, 1},  {64, 14, 384, 1, 1},
    {384, 14, 384, 3, 384}, {512, 7, 512, 3, 1},   {512, 7, 2048, 1, 1},   {2048, 7, 512, 1, 1},
    {160, 7, 960, 1, 1},    {960, 7, 960, 3, 960}, {16, 28, 16, 3, 1},     {16, 14, 16, 3, 1},
    {8, 14, 8, 3, 1},       {32, 7, 32, 3, 1},     {512, 1, 1000, 1, 1},   {2048, 1, 1000, 1, 1},
    {4096, 1, 1000, 1, 1},
};

const int n_fillers = sizeof fillers / sizeof *fillers;

struct brick *filler_brick(int i)
{
    const struct filler *f = &fillers[i];
    struct str text = STR_INIT;
    int k = f->kernel, pad = k / 2;
    str_addf(&text,
             "dlb%d Conv i0:f32:1x%dx%dx%d:last w:f32:%dx%dx%dx%d w:f32:%d kernel_shape=%d,%d "
             "strides=1,1 pads=%d,%d,%d,%d dilations=1,1 group=%d +Relu > f32:1x%dx%dx%d:last | "
             "out s0",
             CANON_FORMAT, f->ic, f->side, f->side, f->oc, f->ic / f->groups, k, k, f->oc, k, k,
             pad, pad, pad, pad, f->groups, f->oc, f->side, f->side);
    struct error err = {0};
    struct brick *brick = brick_parse(text.text, &err);
    if (!brick)
        BUG("filler %d: %s", i, err.text);
    str_release(&text);
    return brick;
}
