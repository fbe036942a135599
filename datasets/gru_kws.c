// Zhang et al., "Hello edge: Keyword spotting on microcontrollers", arXiv 1711.07128, section 3.4
// and the appendix: the small GRU, one second of speech in 25 frames of 10 coefficients.
#include "datasets/nodes.h"
#include "datasets/zoo.h"

enum { FRAMES = 25, COEFFICIENTS = 10, HIDDEN = 154, KEYWORDS = 12 };

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = maps_input(g, "mfcc", TYPE_f32, INTS(1, FRAMES, COEFFICIENTS), COEFFICIENTS);
    x = transpose(x, "steps_first", INTS(1, 0, 2));
    output(fc(recurrent(x, "gru", OP_GRU, HIDDEN, true), "fc", KEYWORDS));
}

static const struct zoo_entry entries[] = {
    {"gru_kws", LIST_modern, "speech", 2017, "Zhang et al., arXiv 1711.07128, section 3.4",
     .gmacs = 0.0019,
     .figures = "arXiv 1711.07128, GRU S: 3.8e6 operations; its hidden "
                "units: ARM-software/ML-KWS-for-MCU, train_commands.txt"},
};

const struct zoo_family family_gru_kws = {"gru_kws", build, ZOO_ROWS(entries)};
