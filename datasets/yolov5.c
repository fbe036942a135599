// Jocher et al., YOLOv5 (github.com/ultralytics/yolov5, release 7.0, models/yolov5s.yaml): boxes
// before non-maximum suppression, as its exporter writes them.
#include "datasets/yolo.h"
#include "datasets/zoo.h"

enum { ANCHORS = 3, FIELDS = YOLO_CLASSES + 5 };

// "C3": half of the channels pass the bottlenecks.
static struct maps c3(struct maps x, const char *name, int64_t channels, int n, bool residual)
{
    struct maps at = within(x, "%s", name), halves[2];
    halves[0] = yolo_conv(at, "cv1", channels / 2, w1x1);
    halves[1] = yolo_conv(at, "cv2", channels / 2, w1x1);
    for (int i = 0; i < n; i++)
        halves[0] = yolo_bottleneck(halves[0], layer_name(x, "m.%d", i), 1, residual);
    return rescope(yolo_conv(concat(2, halves, "concat"), "cv3", channels, w1x1), x);
}

// One scale's boxes, [batch, boxes, FIELDS]: centres from a grid, sizes from anchors.
static struct maps boxes(struct maps x, int64_t side)
{
    struct maps part[3];
    x = conv(x, "conv", ANCHORS * FIELDS, w1x1);
    x = reshape(x, "reshape", INTS(0, ANCHORS, FIELDS, side, side));
    x = act(transpose(x, "transpose", INTS(0, 1, 3, 4, 2)), "sigmoid", ACT_sigmoid);
    split_into(x, "split", -1, INTS(2, 2, YOLO_CLASSES + 1), part);
    struct maps grid = yolo_constant(x, "grid", INTS(1, ANCHORS, side, side, 2));
    struct maps anchors = yolo_constant(x, "anchors", INTS(1, ANCHORS, side, side, 2));
    part[0] = add(with_number(part[0], "twice", OP_Mul, 2), grid, "centres");
    part[0] = with_number(part[0], "scale", OP_Mul, (float)(YOLO_SIZE / side));
    part[1] = with_number(with_number(part[1], "double", OP_Mul, 2), "square", OP_Pow, 2);
    part[1] = mul(part[1], anchors, "sizes");
    return reshape(join("join", -1, 3, part), "boxes", INTS(0, ANCHORS * side * side, FIELDS));
}

static void build(struct graph *g, const void *arguments)
{
    static const struct yolo_blocks blocks = {
        .stem = {.kernel = 6, .stride = 2, .pad = 2},
        .repeats = {3, 6, 9, 3},
        .stage = c3,
        .reduces = true,
    };
    struct maps scales[YOLO_SCALES], x = image(g, YOLO_SIZE);
    yolo_pyramid(x, arguments, &blocks, scales);
    for (int i = 0; i < YOLO_SCALES; i++)
        scales[i] = rescope(boxes(scope(scales[i], "detect.%d", i), YOLO_SIZE / (8 << i)), x);
    output(join("detections", 1, YOLO_SCALES, scales));
}

#define SOURCE "Jocher et al., YOLOv5, github.com/ultralytics/yolov5, models/yolov5s.yaml"
#define BOXES "boxes are decoded, but not suppressed, as its exporter writes them"
#define FIGURES "ultralytics/yolov5 7.0: the fused model's summary; half of its FLOPs at 640 x 640"
static const struct yolo nano = {0.33, 0.25}, small = {0.33, 0.5};

static const struct zoo_entry entries[] = {
    {"yolov5n", LIST_modern, "detection", 2021, SOURCE, .parameters = 1867405, .gmacs = 2.25,
     .figures = FIGURES, .deviation = BOXES, .arguments = &nano},
    {"yolov5s", LIST_modern, "detection", 2020, SOURCE, .parameters = 7225885, .gmacs = 8.2,
     .figures = FIGURES, .deviation = BOXES, .arguments = &small},
};

const struct zoo_family family_yolov5 = {"yolov5", build, ZOO_ROWS(entries)};
