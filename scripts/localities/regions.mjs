// Which English region each county or unitary authority lies in, and the names we show for the districts.
// Regions in the order of their ONS codes (E12000001 ... E12000009); the position is RR in the code: never reorder.

export const COUNTRIES = [
  { digit: 1, name: 'England', admin1: 'ENG', also: ['Lloegr'] },
  { digit: 2, name: 'Scotland', admin1: 'SCT', also: ['Alba', 'Yr Alban'] },
  { digit: 3, name: 'Wales', admin1: 'WLS', also: ['Cymru'] },
];

export const REGIONS = [
  ['North East', `County Durham; Darlington; Gateshead; Hartlepool; Middlesbrough; Newcastle upon Tyne; North Tyneside;
    Northumberland; Redcar and Cleveland; South Tyneside; Stockton-on-Tees; Sunderland`],
  ['North West', `Blackburn with Darwen; Blackpool; Bolton; Bury; Cheshire East; Cheshire West and Chester; Cumberland; Halton;
    Knowsley; Lancashire; Liverpool; Manchester; Oldham; Rochdale; Salford; Sefton; St Helens; Stockport; Tameside; Trafford;
    Warrington; Westmorland and Furness; Wigan; Wirral`],
  ['Yorkshire and The Humber', `Barnsley; Bradford; Calderdale; Doncaster; East Riding of Yorkshire; Kingston upon Hull; Kirklees;
    Leeds; North East Lincolnshire; North Lincolnshire; North Yorkshire; Rotherham; Sheffield; Wakefield; York`],
  ['East Midlands', `Derby; Derbyshire; Leicester; Leicestershire; Lincolnshire; North Northamptonshire; Nottingham; Nottinghamshire;
    Rutland; West Northamptonshire`],
  ['West Midlands', `Birmingham; Coventry; Dudley; Herefordshire; Sandwell; Shropshire; Solihull; Staffordshire; Stoke-on-Trent;
    Telford and Wrekin; Walsall; Warwickshire; Wolverhampton; Worcestershire`],
  ['East of England', `Bedford; Cambridgeshire; Central Bedfordshire; Essex; Hertfordshire; Luton; Norfolk; Peterborough;
    Southend-on-Sea; Suffolk; Thurrock`],
  ['London', `Barking and Dagenham; Barnet; Bexley; Brent; Bromley; Camden; City of London; Croydon; Ealing; Enfield; Greenwich;
    Hackney; Hammersmith and Fulham; Haringey; Harrow; Havering; Hillingdon; Hounslow; Islington; Kensington and Chelsea;
    Kingston upon Thames; Lambeth; Lewisham; Merton; Newham; Redbridge; Richmond upon Thames; Southwark; Sutton; Tower Hamlets;
    Waltham Forest; Wandsworth; Westminster`],
  ['South East', `Bracknell Forest; Brighton and Hove; Buckinghamshire; East Sussex; Hampshire; Isle of Wight; Kent; Medway;
    Milton Keynes; Oxfordshire; Portsmouth; Reading; Slough; Southampton; Surrey; West Berkshire; West Sussex;
    Windsor and Maidenhead; Wokingham`],
  ['South West', `Bath and North East Somerset; Bournemouth, Christchurch and Poole; Bristol; Cornwall; Devon; Dorset;
    Gloucestershire; Isles of Scilly; North Somerset; Plymouth; Somerset; South Gloucestershire; Swindon; Torbay; Wiltshire`],
].map(([name, districts]) => ({ name, districts: districts.split(';').map((d) => d.trim()) }));

// GeoNames name -> [the name we show, other names people use]. Districts not named here keep the GeoNames name.
export const DISTRICT_NAMES = {
  'City and Borough of Birmingham': ['Birmingham'],
  'Bournemouth, Christchurch and Poole Council': ['Bournemouth, Christchurch and Poole', 'BCP'],
  'Borough of Bolton': ['Bolton'],
  'City of Bristol': ['Bristol', 'City of Bristol'],
  'Borough of Bury': ['Bury'],
  'County Durham': ['County Durham', 'Durham'],
  'Cornwall': ['Cornwall', 'Kernow'],
  'Borough of Halton': ['Halton'],
  'Herefordshire': ['Herefordshire', 'County of Herefordshire'],
  'City of Kingston upon Hull': ['Kingston upon Hull', 'Hull'],
  'City and Borough of Leeds': ['Leeds'],
  'City of Leicester': ['Leicester'],
  'Borough of Oldham': ['Oldham'],
  'Borough of Rochdale': ['Rochdale'],
  'District of Rutland': ['Rutland'],
  'City and Borough of Salford': ['Salford'],
  'St. Helens': ['St Helens', 'St. Helens', 'Saint Helens'],
  'Borough of Stockport': ['Stockport'],
  'Stoke-on-Trent': ['Stoke-on-Trent', 'City of Stoke-on-Trent', 'The Potteries'],
  'Borough of Swindon': ['Swindon'],
  'Borough of Tameside': ['Tameside'],
  'Telford and Wrekin': ['Telford and Wrekin', 'Telford & Wrekin'],
  'Borough of Thurrock': ['Thurrock'],
  'Borough of Torbay': ['Torbay'],
  'City and Borough of Wakefield': ['Wakefield'],
  'Borough of Wigan': ['Wigan'],
  'Royal Borough of Windsor and Maidenhead': ['Windsor and Maidenhead'],
  'Metropolitan Borough of Wirral': ['Wirral'],
  'City of York': ['York'],
  'Aberdeen City': ['Aberdeen', 'Aberdeen City'],
  'Dundee City': ['Dundee', 'Dundee City'],
  'City of Edinburgh': ['Edinburgh', 'City of Edinburgh'],
  'Glasgow City': ['Glasgow', 'Glasgow City'],
  'Eilean Siar': ['Na h-Eileanan Siar', 'Eilean Siar', 'Western Isles', 'Outer Hebrides'],
  'The Scottish Borders': ['Scottish Borders', 'The Borders'],
  'Orkney Islands': ['Orkney Islands', 'Orkney'],
  'Shetland Islands': ['Shetland Islands', 'Shetland'],
  'Anglesey': ['Isle of Anglesey', 'Ynys Môn', 'Anglesey'],
  'Bridgend county borough': ['Bridgend', 'Pen-y-bont ar Ogwr'],
  'Caerphilly County Borough': ['Caerphilly', 'Caerffili'],
  'Cardiff': ['Cardiff', 'Caerdydd'],
  'County of Ceredigion': ['Ceredigion', 'Cardiganshire'],
  'Carmarthenshire': ['Carmarthenshire', 'Sir Gaerfyrddin', 'Sir Gâr'],
  'Conwy': ['Conwy', 'Conway'],
  'Denbighshire': ['Denbighshire', 'Sir Ddinbych'],
  'County of Flintshire': ['Flintshire', 'Sir y Fflint'],
  'Merthyr Tydfil County Borough': ['Merthyr Tydfil', 'Merthyr Tudful'],
  'Monmouthshire': ['Monmouthshire', 'Sir Fynwy'],
  'Neath Port Talbot': ['Neath Port Talbot', 'Castell-nedd Port Talbot'],
  'Newport': ['Newport', 'Casnewydd'],
  'Pembrokeshire': ['Pembrokeshire', 'Sir Benfro'],
  'Sir Powys': ['Powys', 'Sir Powys'],
  'City and County of Swansea': ['Swansea', 'Abertawe'],
  'Torfaen County Borough': ['Torfaen', 'Tor-faen'],
  'Vale of Glamorgan': ['Vale of Glamorgan', 'Bro Morgannwg'],
  'Wrexham': ['Wrexham', 'Wrecsam'],
};

// Cumbria was divided in April 2023; GeoNames still carries the old county. These lie in Westmorland and Furness; every other
// place of the old county lies in Cumberland.
export const WESTMORLAND_AND_FURNESS = new Set(`Ambleside; Alston; Appleby-in-Westmorland; Arnside; Askam in Furness;
  Barrow in Furness; Burneside; Dalton in Furness; Flookburgh; Grange-over-Sands; Kendal; Kirkby Lonsdale; Kirkby Stephen;
  Milnthorpe; Penrith; Sedbergh; Shap; Staveley; Swarthmoor; Ulverston; Windermere`.split(';').map((n) => n.trim()));
