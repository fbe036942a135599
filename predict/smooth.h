// Quantiles of values that belong to points, at a point in between: of all values, of those nearby,
// of those of the same class nearby, of those of the same class that are nearer. Each level is
// drawn towards the one before it, the more the fewer values it has. Quantiles rather than means,
// as single bricks are off by factors: an implementation that exists for one instruction set only.
#ifndef PREDICT_SMOOTH_H
#define PREDICT_SMOOTH_H

enum { SMOOTH_FEATURES = 5 };

struct smooth_point {
    int class;
    int group; // points of one group are left out together
    double x[SMOOTH_FEATURES];
    double y;
};

struct smooth {
    int n;
    struct smooth_point *points; // by ascending y
};

// Copies the points.
void smooth_init(struct smooth *s, int n, const struct smooth_point *points);
void smooth_release(struct smooth *s);

// Quantile q at a point's place and class, without the points of its group. NAN if none remains.
double smooth_at(const struct smooth *s, const struct smooth_point *at, double q);

// How many points of the same class are nearby, those at some distance as fractions.
double smooth_support(const struct smooth *s, const struct smooth_point *at);

#endif
