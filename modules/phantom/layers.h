/* SPDX-License-Identifier: MIT
 *
 * The layers of the picture, from back to front. Each adds its density to a tile; the first ones also fill the fields (body,
 * lung, heart …) that later ones look at.
 */
#ifndef HILUM_PHANTOM_LAYERS_H
#define HILUM_PHANTOM_LAYERS_H

#include "phantom/tile.h"

/* torso.c */
void hl_layer_torso(struct tile *t, const struct scene *s);
void hl_layer_lungs(struct tile *t, const struct scene *s);
void hl_layer_abdomen(struct tile *t, const struct scene *s);

/* mediastinum.c */
void hl_layer_mediastinum(struct tile *t, const struct scene *s);
void hl_layer_heart(struct tile *t, const struct scene *s);
void hl_layer_aorta(struct tile *t, const struct scene *s);
void hl_layer_spine(struct tile *t, const struct scene *s);
void hl_layer_airways(struct tile *t, const struct scene *s);

/* pleura.c; the collapse comes before the vessels, which it pushes away */
void hl_layer_pneumothorax(struct tile *t, const struct scene *s);
void hl_layer_effusion(struct tile *t, const struct scene *s);
void hl_layer_thickening(struct tile *t, const struct scene *s);

/* vessels.c */
void hl_layer_vessels(struct tile *t, const struct scene *s);
void hl_layer_texture(struct tile *t, const struct scene *s);

/* airspace.c */
void hl_layer_infiltration(struct tile *t, const struct scene *s);
void hl_layer_consolidation(struct tile *t, const struct scene *s);
void hl_layer_pneumonia(struct tile *t, const struct scene *s);
void hl_layer_edema(struct tile *t, const struct scene *s);
void hl_layer_fibrosis(struct tile *t, const struct scene *s);
void hl_layer_atelectasis(struct tile *t, const struct scene *s);
void hl_layer_nodules(struct tile *t, const struct scene *s);

/* freeair.c */
void hl_layer_hernia(struct tile *t, const struct scene *s);
void hl_layer_pneumoperitoneum(struct tile *t, const struct scene *s);
void hl_layer_pneumomediastinum(struct tile *t, const struct scene *s);
void hl_layer_subcutaneous_emphysema(struct tile *t, const struct scene *s);

/* bones.c */
void hl_layer_ribs(struct tile *t, const struct scene *s);
void hl_layer_shoulders(struct tile *t, const struct scene *s);
void hl_layer_leads(struct tile *t, const struct scene *s);

#endif
