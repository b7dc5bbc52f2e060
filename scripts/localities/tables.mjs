// Hand-made corrections to GeoNames. Everything here is our own knowledge (coordinates to about 1 km), not copied from a list.

const words = (text) => text.split(';').map((word) => word.trim()).filter(Boolean);

/** Dropped: not a place of its own. Key: `GeoNames name/district we show`. */
export const DROP = new Set(words(`London/Greater London; West End of London/Greater London; Brent/Greater London;
  Isles of Scilly/Isles of Scilly; Isle of Bute/Argyll and Bute; Highland/Highland`));

/**
 * Corrections by `GeoNames name/district`: name, district, at ([lat, lng]), population (null: not known).
 * A changed name keeps the GeoNames name under also_known_as unless `forget` is set.
 */
export const FIXES = {
  // The town of Stoke; GeoNames gives it the name and the population of the whole city.
  'Stoke-on-Trent/Stoke-on-Trent': { name: 'Stoke-upon-Trent', also: ['Stoke'], population: null, forget: true },
  'Basford, Stoke-on-Trent/Staffordshire': { name: 'Basford', district: 'Stoke-on-Trent', forget: true },
  'Newcastle under Lyme/Staffordshire': { name: 'Newcastle-under-Lyme', at: [53.0113, -2.2276] },
  'Kinvere/Staffordshire': { name: 'Kinver', forget: true },
  'City of Westminster/Westminster': { name: 'Westminster' },
  'Haigh/Wigan': { at: [53.575, -2.6] },
  'Ellesmere Port Town/Cheshire West and Chester': { name: 'Ellesmere Port' },
  'Bo’ness/Falkirk': { name: "Bo'ness", also: ['Borrowstounness'] },
  'Blairgowrie and Rattray/Perth and Kinross': { also: ['Blairgowrie'] },
  'Warton/Lancashire@54.1': { name: 'Warton (Carnforth)' },
  'Warton/Lancashire@53.7': { name: 'Warton (Fylde)' },
  'Warton/Lancashire@53.8': { name: 'Warton (Fylde)' },
  'Stone/Kent@51.0': { name: 'Stone (Oxney)' },
  'Stone/Kent@51.4': { name: 'Stone (Dartford)' },
  'Stone/Kent@51.5': { name: 'Stone (Dartford)' },
};

/** GeoNames often leaves out hyphens. The usual spelling of the better-known towns. */
export const SPELLING = Object.fromEntries(words(`Ashton-in-Makerfield; Barrow-in-Furness; Barton-under-Needwood; Barton-upon-Humber;
  Bolton-le-Sands; Bourton-on-the-Water; Bradford-on-Avon; Chapel-en-le-Frith; Clayton-le-Moors; Chorlton-cum-Hardy;
  Dalton-in-Furness; Henley-in-Arden; Kirkby-in-Ashfield; Moreton-in-Marsh; Newark-on-Trent; Ross-on-Wye; Ryton-on-Dunsmore;
  Shipston-on-Stour; Stow-on-the-Wold; Thorpe-le-Soken; Westgate-on-Sea; Berwick-upon-Tweed; Houghton-le-Spring; Hetton-le-Hole`)
  .map((name) => [name.toLowerCase().replaceAll('-', ' '), name]));

/** Other names of places, by `name/district`; mostly Welsh. */
export const ALSO = Object.fromEntries(words(`
  Aberdare/Rhondda Cynon Taf=Aberdâr; Abergavenny/Monmouthshire=Y Fenni; Ammanford/Carmarthenshire=Rhydaman;
  Bala/Gwynedd=Y Bala; Barry/Vale of Glamorgan=Y Barri; Beaumaris/Isle of Anglesey=Biwmares; Blackwood/Caerphilly=Coed-duon;
  Brecon/Powys=Aberhonddu; Bridgend/Bridgend=Pen-y-bont ar Ogwr; Buckley/Flintshire=Bwcle; Builth Wells/Powys=Llanfair-ym-Muallt;
  Burry Port/Carmarthenshire=Porth Tywyn; Caerphilly/Caerphilly=Caerffili; Caldicot/Monmouthshire=Cil-y-coed;
  Cardiff/Cardiff=Caerdydd; Cardigan/Ceredigion=Aberteifi; Carmarthen/Carmarthenshire=Caerfyrddin;
  Chepstow/Monmouthshire=Cas-gwent; Chirk/Wrexham=Y Waun; Conwy/Conwy=Conway; Cowbridge/Vale of Glamorgan=Y Bont-faen;
  Cwmbran/Torfaen=Cwmbrân; Denbigh/Denbighshire=Dinbych; Ebbw Vale/Blaenau Gwent=Glynebwy; Fishguard/Pembrokeshire=Abergwaun;
  Flint/Flintshire=Y Fflint; Haverfordwest/Pembrokeshire=Hwlffordd; Hawarden/Flintshire=Penarlâg; Hay/Powys=Hay-on-Wye|Y Gelli Gandryll;
  Holyhead/Isle of Anglesey=Caergybi; Holywell/Flintshire=Treffynnon; Kidwelly/Carmarthenshire=Cydweli; Knighton/Powys=Tref-y-clawdd;
  Lampeter/Ceredigion=Llanbedr Pont Steffan; Laugharne/Carmarthenshire=Talacharn; Llandaff/Cardiff=Llandaf;
  Llandovery/Carmarthenshire=Llanymddyfri; Llantwit Major/Vale of Glamorgan=Llanilltud Fawr; Menai Bridge/Isle of Anglesey=Porthaethwy;
  Llanfairpwllgwyngyll/Isle of Anglesey=Llanfairpwll|Llanfair PG;
  Merthyr Tydfil/Merthyr Tydfil=Merthyr Tudful; Milford Haven/Pembrokeshire=Aberdaugleddau; Mold/Flintshire=Yr Wyddgrug;
  Monmouth/Monmouthshire=Trefynwy; Morriston/Swansea=Treforys; Mountain Ash/Rhondda Cynon Taf=Aberpennar;
  Narberth/Pembrokeshire=Arberth; Neath/Neath Port Talbot=Castell-nedd; Newcastle Emlyn/Carmarthenshire=Castellnewydd Emlyn;
  Newport/Newport=Casnewydd; Newport/Pembrokeshire=Trefdraeth; Newtown/Powys=Y Drenewydd; Pembroke/Pembrokeshire=Penfro;
  Pembroke Dock/Pembrokeshire=Doc Penfro; Pontypool/Torfaen=Pont-y-pŵl; Presteigne/Powys=Llanandras; Rhayader/Powys=Rhaeadr Gwy;
  Rhyl/Denbighshire=Y Rhyl; Ruabon/Wrexham=Rhiwabon; Ruthin/Denbighshire=Rhuthun; St Asaph/Denbighshire=Llanelwy;
  St Clears/Carmarthenshire=Sanclêr; St Davids/Pembrokeshire=Tyddewi; Swansea/Swansea=Abertawe; Tenby/Pembrokeshire=Dinbych-y-pysgod;
  Treorchy/Rhondda Cynon Taf=Treorci; Usk/Monmouthshire=Brynbuga; Welshpool/Powys=Y Trallwng; Whitland/Carmarthenshire=Hendy-gwyn;
  Wrexham/Wrexham=Wrecsam; Kingston upon Hull/Kingston upon Hull=Hull; King's Lynn/Norfolk=Lynn; Royal Leamington Spa/Warwickshire=Leamington`)
  .map((row) => [row.split('=')[0], row.split('=')[1].split('|')]));

/**
 * Places which GeoNames lacks (it stops at 1,000 people and is thin inside cities), as `name lat lng`, by district.
 * Coordinates from our own knowledge, to about 1 km. A place the source already has in that district is skipped.
 */
export const SUPPLEMENT = Object.entries({
  'Stoke-on-Trent': `Hanley 53.025 -2.175; Burslem 53.046 -2.198; Fenton 52.998 -2.158; Abbey Hulton 53.034 -2.128;
    Baddeley Green 53.058 -2.131; Bentilee 53.013 -2.122; Birches Head 53.033 -2.158; Blurton 52.973 -2.156; Bucknall 53.020 -2.138;
    Chell 53.068 -2.193; Cobridge 53.036 -2.187; Dresden 52.977 -2.138; Etruria 53.024 -2.197; Goldenhill 53.082 -2.216;
    Hanford 52.977 -2.196; Hartshill 53.006 -2.206; Meir 52.977 -2.104; Middleport 53.041 -2.208; Milton 53.050 -2.143;
    Normacot 52.976 -2.124; Norton-in-the-Moors 53.062 -2.157; Penkhull 52.999 -2.199; Shelton 53.017 -2.185; Smallthorne 53.052 -2.180;
    Sneyd Green 53.041 -2.167; Trentham 52.965 -2.191; Weston Coyney 52.988 -2.089`,
  'Staffordshire': `Alton 52.979 -1.893; Blythe Bridge 52.969 -2.067; Chesterton 53.036 -2.250; Clayton 52.992 -2.222;
    Cross Heath 53.023 -2.235; Forsbrook 52.973 -2.057; Haughton 52.778 -2.203; Hixon 52.831 -2.006; Ipstones 53.049 -1.967;
    Knutton 53.021 -2.249; Knypersley 53.105 -2.169; Porthill 53.036 -2.219; Silverdale 53.017 -2.268; Talke 53.075 -2.265; Tean 52.951 -1.982;
    Weston 52.838 -2.039; Werrington 53.024 -2.087; Wolstanton 53.030 -2.214; Woodseaves 52.823 -2.307`,
  'Cheshire East': 'Mow Cop 53.113 -2.214; Scholar Green 53.100 -2.248',
  'Calderdale': 'Heptonstall 53.748 -2.021; Cragg Vale 53.705 -1.996; Old Town 53.756 -1.990',
  'Lewisham': 'Lewisham 51.462 -0.010; Deptford 51.478 -0.026; Sydenham 51.427 -0.055',
  'Lambeth': 'Clapham 51.462 -0.138; Stockwell 51.472 -0.123; Tulse Hill 51.439 -0.106; Vauxhall 51.486 -0.123; West Norwood 51.432 -0.103',
  'Hackney': 'Dalston 51.546 -0.075; Hackney Wick 51.544 -0.024; Homerton 51.547 -0.045; Hoxton 51.531 -0.081; Stoke Newington 51.562 -0.074; Shoreditch 51.526 -0.078',
  'Southwark': 'Bermondsey 51.498 -0.064; Dulwich 51.445 -0.086; Nunhead 51.464 -0.052; Southwark 51.502 -0.094; Walworth 51.488 -0.094',
  'Newham': 'Beckton 51.514 0.061; Forest Gate 51.549 0.025; Plaistow 51.531 0.017; Silvertown 51.501 0.030',
  'Camden': 'Bloomsbury 51.522 -0.127; Hampstead 51.556 -0.178; Kentish Town 51.550 -0.141; West Hampstead 51.551 -0.191',
  'Kensington and Chelsea': 'North Kensington 51.522 -0.213',
  'Barnet': 'Burnt Oak 51.603 -0.264; Colindale 51.595 -0.250; Mill Hill 51.614 -0.243; Whetstone 51.630 -0.175',
  'Brent': 'Kingsbury 51.585 -0.265; Neasden 51.559 -0.250; Stonebridge 51.544 -0.265',
  'Manchester': 'Ardwick 53.468 -2.217; Gorton 53.464 -2.178; Harpurhey 53.514 -2.214; Levenshulme 53.445 -2.193; Moss Side 53.456 -2.243; Newton Heath 53.499 -2.178; Rusholme 53.455 -2.220; Withington 53.433 -2.229; Wythenshawe 53.392 -2.264',
  'Birmingham': `Edgbaston 52.465 -1.926; Erdington 52.524 -1.839; Handsworth 52.510 -1.933; Harborne 52.459 -1.952;
    Kings Heath 52.431 -1.892; Ladywood 52.480 -1.918; Longbridge 52.396 -1.983; Moseley 52.446 -1.888; Northfield 52.411 -1.965;
    Perry Barr 52.524 -1.902; Selly Oak 52.440 -1.938; Small Heath 52.474 -1.856; Sparkbrook 52.461 -1.872; Yardley 52.475 -1.814`,
  'Bristol': `Avonmouth 51.500 -2.698; Bedminster 51.440 -2.601; Brislington 51.434 -2.547; Clifton 51.455 -2.620; Easton 51.464 -2.563;
    Fishponds 51.480 -2.529; Hartcliffe 51.406 -2.600; Horfield 51.490 -2.583; Knowle 51.430 -2.575; Shirehampton 51.489 -2.677;
    Southmead 51.500 -2.601; St Pauls 51.464 -2.582`,
  'Coventry': 'Earlsdon 52.399 -1.530; Foleshill 52.429 -1.494; Tile Hill 52.402 -1.583; Wood End 52.442 -1.463',
  'Kingston upon Hull': 'Bransholme 53.793 -0.318; Orchard Park 53.787 -0.370',
  'Newcastle upon Tyne': 'Byker 54.975 -1.577; Fenham 54.979 -1.653; Heaton 54.985 -1.577; Jesmond 54.992 -1.604; Walker 54.974 -1.546',
  'Nottingham': "Bestwood 53.002 -1.153; Bulwell 53.001 -1.197; Clifton 52.904 -1.178; Hyson Green 52.964 -1.171; Sneinton 52.951 -1.127; St Ann's 52.962 -1.137",
  'Plymouth': 'Devonport 50.372 -4.170',
  'Sefton': 'Crosby 53.491 -3.034',
  'Sheffield': 'Attercliffe 53.396 -1.427; Crookes 53.386 -1.511; Darnall 53.386 -1.411; Gleadless 53.347 -1.438; Heeley 53.357 -1.462; Hillsborough 53.409 -1.501; Manor 53.373 -1.426',
  'Argyll and Bute': 'Tobermory 56.622 -6.069',
  'Dundee': 'Broughty Ferry 56.467 -2.872; Lochee 56.472 -3.012',
  'Edinburgh': 'Craigmillar 55.932 -3.134; Gorgie 55.937 -3.233; Leith 55.975 -3.171; Morningside 55.928 -3.210; Portobello 55.953 -3.114; Wester Hailes 55.914 -3.284',
  'Glasgow': `Bridgeton 55.848 -4.226; Castlemilk 55.804 -4.235; Dennistoun 55.859 -4.215; Drumchapel 55.907 -4.371; Easterhouse 55.866 -4.108;
    Gorbals 55.849 -4.250; Govan 55.862 -4.313; Govanhill 55.836 -4.258; Maryhill 55.893 -4.289; Partick 55.870 -4.310; Pollok 55.823 -4.344;
    Possilpark 55.881 -4.256; Shawlands 55.829 -4.281; Shettleston 55.851 -4.169; Springburn 55.883 -4.230`,
  'Cardiff': 'Canton 51.482 -3.202; Ely 51.481 -3.252; Grangetown 51.466 -3.187; Llanishen 51.526 -3.193; Roath 51.490 -3.160; Splott 51.479 -3.150',
}).flatMap(([district, places]) => words(places).map((row) => {
  const [, name, lat, lng] = row.match(/^(.+) (\d+\.\d+) (-?\d+\.\d+)$/);
  return { district, name, lat: Number(lat), lng: Number(lng) };
}));

/**
 * Postcode districts: the district that holds most of it, and the places (`name` in that district, `name/district` elsewhere)
 * whose plain mean is its approximate centroid. Our own knowledge; enough to say how far, not to draw a boundary.
 */
export const POSTCODE_DISTRICTS = {
  ST1: ['Stoke-on-Trent', 'Hanley; Birches Head; Etruria; Shelton; Sneyd Green'],
  ST2: ['Stoke-on-Trent', 'Abbey Hulton; Baddeley Green; Bentilee; Bucknall; Milton'],
  ST3: ['Stoke-on-Trent', 'Longton; Blurton; Dresden; Meir; Normacot; Weston Coyney'],
  ST4: ['Stoke-on-Trent', 'Stoke-upon-Trent; Fenton; Hanford; Hartshill; Penkhull; Trentham'],
  ST5: ['Staffordshire', 'Newcastle-under-Lyme; Chesterton; Clayton; Cross Heath; Keele; Knutton; Porthill; Silverdale; Wolstanton'],
  ST6: ['Stoke-on-Trent', 'Burslem; Tunstall; Chell; Cobridge; Goldenhill; Middleport; Norton-in-the-Moors; Smallthorne'],
  ST7: ['Staffordshire', 'Kidsgrove; Audley; Talke; Alsager/Cheshire East; Mow Cop/Cheshire East; Rode Heath/Cheshire East; Scholar Green/Cheshire East'],
  ST8: ['Staffordshire', 'Biddulph; Knypersley'],
  ST9: ['Staffordshire', 'Endon; Werrington'],
  ST10: ['Staffordshire', 'Cheadle; Alton; Ipstones; Tean'],
  ST11: ['Staffordshire', 'Blythe Bridge; Forsbrook'],
  ST12: ['Staffordshire', 'Barlaston'],
  ST13: ['Staffordshire', 'Leek; Cheddleton'],
  ST14: ['Staffordshire', 'Uttoxeter'],
  ST15: ['Staffordshire', 'Stone'],
  ST16: ['Staffordshire', 'Stafford'],
  ST17: ['Staffordshire', 'Stafford; Stafford; Stafford; Penkridge'],
  ST18: ['Staffordshire', 'Stafford; Great Haywood; Haughton; Hixon; Weston'],
  ST19: ['Staffordshire', 'Brewood; Penkridge; Wheaton Aston'],
  ST20: ['Staffordshire', 'Gnosall; Woodseaves'],
  ST21: ['Staffordshire', 'Eccleshall; Standon'],
  HX7: ['Calderdale', 'Hebden Bridge; Cragg Vale; Heptonstall; Mytholmroyd; Old Town'],
};
