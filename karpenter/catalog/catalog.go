// Package catalog reads prices from OVHcloud's public catalogue.
package catalog

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Price of a flavor, without tax, in the catalogue's currency. Nil where it is not sold so.
type Price struct {
	Hour             *float64
	HourInThreeZones *float64
	Month            *float64
}

// Entry is what the catalogue tells of a flavor. Disk in GB, 0 where it tells none.
type Entry struct {
	Price Price
	Disk  float64
}

// Catalog is what nodes cost.
type Catalog struct {
	Currency string
	Flavors  map[string]Entry
}

// document is the part of the answer that is read.
type document struct {
	Locale struct {
		CurrencyCode string `json:"currencyCode"`
	} `json:"locale"`
	Addons []struct {
		PlanCode string `json:"planCode"`
		Pricings []struct {
			Price      float64  `json:"price"`
			Capacities []string `json:"capacities"`
			Mode       string   `json:"mode"`
		} `json:"pricings"`
		Blobs *struct {
			Technical struct {
				Storage struct {
					Disks []struct {
						Capacity float64 `json:"capacity"`
						Number   float64 `json:"number"`
					} `json:"disks"`
				} `json:"storage"`
			} `json:"technical"`
		} `json:"blobs"`
	} `json:"addons"`
}

const (
	// unitsPerCurrency: prices are whole numbers of 1/100,000,000 of the currency's unit.
	unitsPerCurrency = 1e8
	// HoursPerMonth by which a month's price is compared with an hour's.
	HoursPerMonth = 730
)

// Plans of instances are called `<flavor>.consumption`, `<flavor>.consumption.3AZ` in regions with three zones, and
// `<flavor>.monthly.postpaid`.
var plan = regexp.MustCompile(`(?i)^(.+?)\.(consumption|consumption\.3az|monthly\.postpaid)$`)

func parse(doc document) (*Catalog, error) {
	if doc.Locale.CurrencyCode == "" || doc.Addons == nil {
		return nil, errors.New("the answer is no catalogue")
	}
	catalog := &Catalog{Currency: doc.Locale.CurrencyCode, Flavors: map[string]Entry{}}
	for _, addon := range doc.Addons {
		match := plan.FindStringSubmatch(addon.PlanCode)
		if match == nil {
			continue
		}
		entry := catalog.Flavors[match[1]]
		for _, pricing := range addon.Pricings {
			if !slices.Contains(pricing.Capacities, "consumption") {
				continue
			}
			price := pricing.Price / unitsPerCurrency
			switch strings.ToLower(match[2]) {
			case "consumption":
				entry.Price.Hour = &price
			case "consumption.3az":
				entry.Price.HourInThreeZones = &price
			default:
				entry.Price.Month = &price
			}
			break
		}
		if addon.Blobs != nil {
			disk := 0.0
			for _, d := range addon.Blobs.Technical.Storage.Disks {
				disk += d.Capacity * max(1, d.Number)
			}
			if disk > 0 {
				entry.Disk = disk
			}
		}
		catalog.Flavors[match[1]] = entry
	}
	return catalog, nil
}

// HourIn is the price of an hour in a region with one or with three zones. A flavor without a price of its own for three zones has the
// usual one. A month counts as 730 hours. False where the flavor is not sold so.
func (p Price) HourIn(threeZones, monthly bool) (float64, bool) {
	price := p.Hour
	if monthly {
		if p.Month == nil {
			return 0, false
		}
		return *p.Month / HoursPerMonth, true
	}
	if threeZones && p.HourInThreeZones != nil {
		price = p.HourInThreeZones
	}
	if price == nil {
		return 0, false
	}
	return *price, true
}
