// Jocher et al., YOLOv8 (github.com/ultralytics/ultralytics, cfg/models/v8/yolov8.yaml): boxes
// before non-maximum suppression, as its exporter writes them.
#include "datasets/yolo.h"
#include "datasets/zoo.h"

enum { BINS = 16, SIDES = 4, BOXES = 80 * 80 + 40 * 40 + 20 * 20, MAX_PARTS = 8 };

// "C2f": every bottleneck takes what the one before it gives, and all are joined.
static struct maps c2f(struct maps x, const char *name, int64_t channels, int n, bool residual)
{
    struct maps at = within(x, "%s", name), parts[MAX_PARTS];
    at = yolo_conv(at, "cv1", channels, w1x1);
    split_into(at, "split", 1, INTS(channels / 2, channels / 2), parts);
    parts[0].channels = parts[1].channels = channels / 2;
    for (int i = 0; i < n; i++)
        parts[i + 2] = yolo_bottleneck(parts[i + 1], layer_name(x, "m.%d", i), 3, residual);
    return rescope(yolo_conv(concat(n + 2, parts, "concat"), "cv2", channels, w1x1), x);
}

static struct maps branch(struct maps x, const char *name, int64_t inner, int64_t channels)
{
    struct maps y = within(x, "%s", name);
    y = yolo_conv(yolo_conv(y, "0", inner, same(3, 1)), "1", inner, same(3, 1));
    return rescope(conv(y, "2", channels, w1x1), x);
}

// One scale: distances to the four sides, in bins, and classes, [batch, both, boxes].
static struct maps predict(struct maps x, int64_t side, int64_t box, int64_t class)
{
    struct maps both[] = {branch(x, "box", box, SIDES * BINS),
                          branch(x, "class", class, YOLO_CLASSES)};
    return reshape(concat(2, both, "concat"), "flatten",
                   INTS(0, SIDES * BINS + YOLO_CLASSES, side * side));
}

// The mean of the bins: [batch, SIDES * BINS, BOXES] -> [batch, SIDES, BOXES].
static struct maps distances(struct maps x)
{
    x = reshape(x, "bins", INTS(0, SIDES, BINS, BOXES));
    x = softmax(transpose(x, "transpose", INTS(0, 2, 1, 3)), "softmax", 1);
    x.channels = BINS;
    x = conv(x, "dfl", 1, (struct window){.kernel = 1, .no_bias = true});
    return reshape(x, "distances", INTS(0, SIDES, BOXES));
}

// Distances from the boxes' anchor points become centres and sizes.
static struct maps decode(struct maps x)
{
    struct maps part[2], centre_size[2];
    split_into(distances(x), "sides", 1, INTS(2, 2), part);
    struct maps points = yolo_constant(x, "anchors", INTS(1, 2, BOXES));
    struct maps first = binary(points, "first", OP_Sub, part[0]);
    struct maps last = add(points, part[1], "last");
    centre_size[0] = with_number(add(first, last, "sum"), "centre", OP_Div, 2);
    centre_size[1] = binary(last, "size", OP_Sub, first);
    x = join("boxes", 1, 2, centre_size);
    return mul(x, yolo_constant(x, "strides", INTS(1, BOXES)), "scale");
}

static void build(struct graph *g, const void *arguments)
{
    static const struct yolo_blocks blocks = {
        .stem = {.kernel = 3, .stride = 2, .pad = 1}, .repeats = {3, 6, 6, 3}, .stage = c2f};
    struct maps scales[YOLO_SCALES], x = image(g, YOLO_SIZE), part[2];
    yolo_pyramid(x, arguments, &blocks, scales);
    int64_t class = scales[0].channels > YOLO_CLASSES ? scales[0].channels : YOLO_CLASSES;
    for (int i = 0; i < YOLO_SCALES; i++)
        scales[i] =
            predict(scope(scales[i], "detect.%d", i), YOLO_SIZE / (8 << i), SIDES * BINS, class);
    x = rescope(join("scales", 2, YOLO_SCALES, scales), x);
    split_into(x, "split", 1, INTS(SIDES * BINS, YOLO_CLASSES), part);
    part[0] = decode(part[0]);
    part[1] = act(part[1], "classes", ACT_sigmoid);
    output(join("detections", 1, 2, part));
}

#define SOURCE                                                                                     \
    "Jocher et al., YOLOv8, github.com/ultralytics/ultralytics, cfg/models/v8/yolov8.yaml"
#define BOXES "boxes are decoded, but not suppressed, as its exporter writes them"
#define FIGURES "ultralytics: the fused model's summary; half of its FLOPs at 640 x 640"
static const struct yolo nano = {0.33, 0.25}, small = {0.33, 0.5};

static const struct zoo_entry entries[] = {
    {"yolov8n", LIST_modern, "detection", 2023, SOURCE, .parameters = 3151904, .gmacs = 4.35,
     .figures = FIGURES, .deviation = BOXES, .arguments = &nano},
    {"yolov8s", LIST_modern, "detection", 2023, SOURCE, .parameters = 11156544, .gmacs = 14.3,
     .figures = FIGURES, .deviation = BOXES, .arguments = &small},
};

const struct zoo_family family_yolov8 = {"yolov8", build, ZOO_ROWS(entries)};
